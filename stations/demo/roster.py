"""The roster of the demo stations: which there are, roughly where, and what is wrong with them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A station of the roster: its name, place on the planning grid, host and hours."""

    name: str
    u: float
    v: float
    host_kind: str
    hours: str
    kind: str = "rest_station"


# Opening hours and ways to get in, by the key that the roster uses.
HOURS: dict[str, dict[str, Any]] = {
    "office": {
        "opening_hours": "Mo-Fr 08:30-12:00,13:30-17:30; PH off",
        "access": [{"mode": "staffed"}],
    },
    "bank": {
        "opening_hours": "Mo-Fr 09:00-17:00; Sa,Su 10:00-16:00; PH off",
        "access": [{"mode": "staffed"}],
    },
    "post": {"opening_hours": "Mo-Su 08:30-18:00", "access": [{"mode": "staffed"}]},
    "day": {"opening_hours": "08:00-20:00", "access": [{"mode": "staffed"}]},
    "long": {"opening_hours": "06:00-23:00", "access": [{"mode": "open_door"}]},
    "early": {"opening_hours": "04:30-10:00,14:00-19:00", "access": [{"mode": "staffed"}]},
    "night": {"opening_hours": "22:00-06:00", "access": [{"mode": "qr"}]},
    "always": {"opening_hours": "24/7", "access": [{"mode": "open_door"}]},
    "smart": {
        "opening_hours": "24/7",
        "access": [
            {"mode": "staffed", "hours": "08:00-20:00"},
            {"mode": "qr", "hours": "20:00-08:00"},
        ],
    },
    "app": {"opening_hours": "24/7", "access": [{"mode": "app"}]},
    "member": {"opening_hours": "08:30-18:00", "access": [{"mode": "membership"}]},
    "key": {"opening_hours": "07:00-19:00", "access": [{"mode": "key"}]},
    "unknown": {},
    "text": {"hours_text": "视季节和值班情况开放，请先电话联系"},
}

ROSTER = (
    # 古埠: the old town
    Entry("人民桥邮政驿站", 70, -330, "post_office", "post"),
    Entry("钟楼街公厕驿站", -380, 420, "public_toilet", "long"),
    Entry("灯市口社区驿站", -1000, 560, "community", "office"),
    Entry("渡头街银行驿站", 720, 130, "bank", "bank"),
    Entry("文灯街骑手之家", -720, -120, "company", "long", "rider_home"),
    Entry("古埠职工书屋", -150, 760, "union", "office", "reading_room"),
    Entry("西河沿公厕驿站", -1330, 120, "public_toilet", "long"),
    Entry("西河沿公厕爱心驿站", -1330, 120, "public_toilet", "day"),
    Entry("渠南街社区驿站", 330, 800, "community", "key"),
    Entry("古埠爱心母婴室", 480, 560, "hospital", "day", "nursing_room"),
    Entry("云水北路环卫驿站", -330, -360, "company", "early"),
    Entry("望桥头驿站", -1420, -60, "union", "member"),
    Entry("古埠大街邮政驿站", 1080, 1080, "post_office", "post"),
    # 云渡: the centre
    Entry("人民广场爱心驿站", 180, 1720, "union", "smart"),
    Entry("云渡大道银行驿站", 70, 1400, "bank", "bank"),
    Entry("锦帆商场骑手之家", 1380, 1560, "shop", "long", "rider_home"),
    Entry("帆影路邮政驿站", 900, 1850, "post_office", "post"),
    Entry("云渡职工之家驿站", -320, 1960, "union", "day"),
    Entry("渡头街通信驿站", 820, 1420, "telecom", "unknown"),
    Entry("站前广场驿站", -230, 2480, "transport", "smart"),
    Entry("北站夜班司机之家", 330, 2480, "transport", "night", "driver_home"),
    Entry("锦帆路银行驿站", 1100, 1330, "bank", "bank"),
    Entry("云渡爱心母婴室", 560, 2080, "hospital", "office", "nursing_room"),
    Entry("古埠公园驿站", -900, 1480, "park", "long"),
    Entry("北环加油站驿站", -700, 2420, "petrol_station", "long"),
    Entry("云渡大道24小时驿站", 40, 2180, "bank", "member"),
    Entry("渡头街骑手之家", 830, 2080, "company", "app", "rider_home"),
    Entry("文灯街社区驿站", -820, 1120, "community", "office"),
    # 柳湾: the west bank of the market
    Entry("柳湾路社区驿站", -2180, 1480, "community", "office"),
    Entry("望桥市场零工驿站", -1640, 2010, "company", "early", "gig_market"),
    Entry("批发市场西门驿站", -2260, 2180, "shop", "text"),
    Entry("柳湾邮政驿站", -1720, 1380, "post_office", "post"),
    # 北站: behind the railway
    Entry("站后街社区驿站", -250, 3040, "community", "office"),
    Entry("望桥路加油站驿站", -1400, 3060, "petrol_station", "always"),
    # 青塘: around lake and college
    Entry("环塘路公厕驿站", 3300, 1420, "public_toilet", "long"),
    Entry("沙洲学院骑手驿站", 3350, 790, "school", "day", "rider_home"),
    Entry("青塘社区驿站", 2350, 1200, "community", "office"),
    Entry("东环加油站驿站", 2720, 1560, "petrol_station", "day"),
    Entry("学府路银行驿站", 2050, 830, "bank", "bank"),
    # 砺石: works and the south-west bank
    Entry("砺石工业园职工驿站", -3560, -1550, "company", "member"),
    Entry("磨坊路公厕驿站", -2240, -820, "public_toilet", "long"),
    Entry("红柳公园驿站", -2900, -420, "park", "day"),
    Entry("铁砧路社区驿站", -3450, 250, "community", "office"),
    Entry("西苑路邮政驿站", -1750, -640, "post_office", "post"),
    Entry("砺石司机之家", -3950, -2350, "petrol_station", "always", "driver_home"),
    Entry("望桥南社区驿站", -1180, -930, "community", "office"),
    Entry("环城南路工地驿站", -2300, -2600, "company", "day", "worksite_station"),
    # 新禾: the new town over the river
    Entry("南岸大道银行驿站", -300, -1120, "bank", "bank"),
    Entry("人民桥南公厕驿站", 160, -900, "public_toilet", "long"),
    Entry("新禾社区驿站", 900, -1680, "community", "office"),
    Entry("新禾商场骑手之家", 1760, -1820, "shop", "long", "rider_home"),
    Entry("麦浪公园驿站", 1420, -2420, "park", "day"),
    Entry("新禾工地驿站", 2550, -2600, "company", "day", "worksite_station"),
    Entry("东苑路邮政驿站", 1620, -620, "post_office", "post"),
    Entry("鹭洲路社区驿站", 2300, -280, "community", "key"),
    # 驼铃: the logistics park
    Entry("驼铃物流园司机之家", 3500, 3330, "company", "day", "driver_home"),
    Entry("驼铃大道驿站", 2500, 3330, "community", "office"),
    Entry("锦帆路北驿站", 1680, 2180, "shop", "unknown"),
    Entry("驼铃流动服务车", 3900, 3300, "union", "day"),
    Entry("麦坡村党群驿站", -4700, -2370, "government", "office"),
)
"""In the order of their ids."""

# What differs from the rule: states, dates in days before today, and the faults to be found.
SPECIAL: dict[str, dict[str, Any]] = {
    "西河沿公厕爱心驿站": {"beside": "西河沿公厕驿站", "verified_days": 520},
    "云渡大道24小时驿站": {"verified_days": 40},
    "渠南街社区驿站": {"stated": "云渡街道"},
    "帆影路邮政驿站": {"verified_days": 1130},
    "灯市口社区驿站": {"verified_days": 430},
    "批发市场西门驿站": {"verified_days": None},
    "驼铃流动服务车": {"placed": False, "mobile": True},
    "驼铃物流园司机之家": {"status": "suspended", "since_days": 96, "notes": "热水器检修"},
    "砺石工业园职工驿站": {"status": "suspended", "since_days": 61, "notes": "厂区改造"},
    "麦浪公园驿站": {"status": "suspended", "since_days": 33, "notes": "空调更换"},
    "东苑路邮政驿站": {"status": "suspended", "since_days": 150, "notes": "网点装修"},
    "铁砧路社区驿站": {"status": "suspended", "since_days": 20, "notes": "社区搬迁"},
    "新禾工地驿站": {"from_days": 700, "to_days": 75},
    "环城南路工地驿站": {"from_days": 300, "to_days": -240},
    "驼铃大道驿站": {"status": "planned", "verified_days": None},
    "鹭洲路社区驿站": {"status": "closed", "since_days": 210},
}
