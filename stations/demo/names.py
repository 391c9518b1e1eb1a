"""Invented names: streets, bridges, parks, villages, each in Chinese and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Name(NamedTuple):
    """A name as it is written on a map, in both languages."""

    zh: str
    en: str


SUBDISTRICTS = (
    Name("古埠街道", "Gubu Subdistrict"),
    Name("云渡街道", "Yundu Subdistrict"),
    Name("柳湾街道", "Liuwan Subdistrict"),
    Name("北站街道", "Beizhan Subdistrict"),
    Name("新禾街道", "Xinhe Subdistrict"),
    Name("砺石街道", "Lishi Subdistrict"),
    Name("青塘街道", "Qingtang Subdistrict"),
    Name("驼铃街道", "Tuoling Subdistrict"),
)
"""In the order of their codes."""

RIVER = Name("云水", "Yunshui River")
CANAL = Name("古埠渠", "Gubu Canal")
CANAL_BRIDGE = Name("古埠渠桥", "Gubu Canal Bridge")
LAKE = Name("青塘", "Qingtang Lake")
RAILWAY = Name("云北铁路", "Yunbei Railway")
MOTORWAY = Name("沙棘高速", "Shaji Motorway")
STATION = Name("云渡北站", "Yundu North Station")
UNIVERSITY = Name("沙洲学院", "Shazhou College")
MARKET = Name("望桥批发市场", "Wangqiao Wholesale Market")
LOGISTICS = Name("驼铃物流园", "Tuoling Logistics Park")
INDUSTRY = Name("砺石工业园", "Lishi Industrial Park")

_FIRST = {
    "锦": "jin", "柳": "liu", "桐": "tong", "禾": "he", "雁": "yan", "梨": "li", "杏": "xing",
    "槐": "huai", "松": "song", "荷": "he", "榆": "yu", "泉": "quan", "枣": "zao", "茶": "cha",
    "竹": "zhu", "麦": "mai", "菊": "ju", "桑": "sang", "鹭": "lu", "石": "shi", "蓼": "liao",
    "苇": "wei", "橘": "ju", "棠": "tang",
}  # fmt: skip
_SECOND = {
    "安": "an", "和": "he", "明": "ming", "兴": "xing", "康": "kang", "园": "yuan", "溪": "xi",
    "岭": "ling", "桥": "qiao", "井": "jing", "台": "tai", "坊": "fang", "林": "lin", "洲": "zhou",
    "津": "jin", "原": "yuan", "平": "ping", "阳": "yang",
}  # fmt: skip
_OLD_TOWN = {
    "灯市": "Dengshi", "盐仓": "Yancang", "箍桶": "Gutong", "油坊": "Youfang", "米行": "Mihang",
    "铜匠": "Tongjiang", "书铺": "Shupu", "竹器": "Zhuqi", "染坊": "Ranfang", "木梳": "Mushu",
    "驼队": "Tuodui", "马桩": "Mazhuang", "纸伞": "Zhisan", "陶罐": "Taoguan", "糖画": "Tanghua",
    "渡口": "Dukou", "船帆": "Chuanfan", "井台": "Jingtai", "石磨": "Shimo", "皮影": "Piying",
}  # fmt: skip
_VILLAGES = {
    "沙枣村": "Shazao Village", "芦滩村": "Lutan Village", "上梁村": "Shangliang Village",
    "麦坡村": "Maipo Village", "驿头村": "Yitou Village", "红柳村": "Hongliu Village",
    "水磨村": "Shuimo Village", "甘井村": "Ganjing Village", "羊圈湾村": "Yangjuanwan Village",
    "南塬村": "Nanyuan Village", "白杨村": "Baiyang Village", "河口村": "Hekou Village",
}  # fmt: skip
VILLAGES = tuple(Name(zh, en) for zh, en in _VILLAGES.items())


class LaneNames:
    """Hands out names of lanes, none of them twice, in an order that `rng` shuffles."""

    def __init__(self, rng: np.random.Generator) -> None:
        stems = [
            (a + b, (first + second).capitalize())
            for a, first in _FIRST.items()
            for b, second in _SECOND.items()
            if first != second and a + b not in {"荷兴", "石桥", "石林"}
        ]
        self._stems = [stems[i] for i in rng.permutation(len(stems))]
        old = list(_OLD_TOWN.items())
        self._old = [old[i] for i in rng.permutation(len(old))]

    def lane(self, *, length_m: float, old_town: bool) -> Name | None:
        """Return the name of the next lane; None for a short one, or when names are out."""
        if old_town and self._old and length_m > 110:
            zh, en = self._old.pop()
            return Name(f"{zh}巷", f"{en} Lane")
        if length_m < 230 or not self._stems:
            return None
        zh, en = self._stems.pop()
        if length_m > 420:
            return Name(f"{zh}路", f"{en} Road")
        return Name(f"{zh}街", f"{en} Street")
