"""The words of the field: every coded value and every field, with labels and synonyms.

One table a list. A code is what the record holds; `zh` and `en` are what people read; `synonyms`
are what sheets say. Records, import, API, pages and the JSON Schema all read these tables.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "rest_station",
    "rider_home",
    "driver_home",
    "nursing_room",
    "gig_market",
    "gig_inn",
    "reading_room",
    "legal_aid_window",
    "worksite_station",
]
Status = Literal["planned", "building", "open", "suspended", "closed"]
AccessMode = Literal["staffed", "open_door", "qr", "face", "app", "membership", "key"]
Facility = Literal[
    "drinking_water",
    "microwave",
    "seating",
    "charging",
    "toilet",
    "air_conditioning",
    "heating",
    "first_aid",
    "wifi",
    "reading",
    "umbrella",
    "fridge",
    "shower",
    "nursing",
    "ebike_charging",
    "battery_swap",
    "legal_advice",
    "counselling",
    "breakfast",
    "parking",
    "fan",
    "television",
    "lockers",
    "repair_tools",
    "laundry",
    "beds",
]
Serves = Literal[
    "all", "courier", "rider", "sanitation", "driver", "construction", "traffic", "gig"
]
HostKind = Literal[
    "union",
    "government",
    "community",
    "bank",
    "post_office",
    "telecom",
    "petrol_station",
    "public_toilet",
    "shop",
    "company",
    "hospital",
    "school",
    "park",
    "transport",
    "other",
]
BuildMode = Literal["self_built", "joint"]
Problem = Literal["locked", "moved", "gone", "broken", "supplies", "hours", "other"]
TaskState = Literal["new", "accepted", "done", "rejected"]


class Term(NamedTuple):
    """A coded value with its labels and the other words that sheets use for it."""

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()


KINDS = (
    Term("rest_station", "户外劳动者驿站", "Rest station", (
        "驿站", "工会驿站", "爱心驿站", "暖心驿站", "户外劳动者服务站点", "户外劳动者服务站",
        "户外劳动者爱心驿站", "服务站点", "休息站", "站点", "station", "rest stop")),
    Term("rider_home", "骑手之家", "Rider home", ("小哥驿站", "骑手驿站", "快递小哥之家", "小哥之家")),
    Term("driver_home", "司机之家", "Driver home", ("卡车司机之家", "货车司机之家", "的士驿站")),
    Term("nursing_room", "母婴室", "Nursing room", ("爱心母婴室", "爱心妈妈小屋", "妈妈小屋")),
    Term("gig_market", "零工市场", "Day-labour market", ("零工驿站", "零工之家")),
    Term("gig_inn", "零工客栈", "Day-labour inn", ()),
    Term("reading_room", "职工书屋", "Reading room", ("书屋", "阅读室")),
    Term("legal_aid_window", "维权窗口", "Rights window", ("法律援助窗口", "职工维权窗口")),
    Term("worksite_station", "工地驿站", "Worksite station", ("工地站点", "建筑工地驿站")),
)  # fmt: skip
STATUSES = (
    Term("planned", "规划中", "Planned", ("规划", "拟建", "待建", "计划")),
    Term("building", "建设中", "Under construction", ("在建", "施工中")),
    Term("open", "开放", "In service", (
        "正常", "正常开放", "运行", "运行中", "正常运行", "在用", "启用", "营业中", "已建成", "使用中", "active")),
    Term("suspended", "暂停", "Suspended", ("暂停开放", "暂停服务", "停用整改", "临时关闭", "维修中", "整改中")),
    Term("closed", "撤销", "Closed for good", ("关闭", "已关闭", "已撤销", "停用", "注销", "拆除")),
)  # fmt: skip
ACCESS_MODES = (
    Term("staffed", "有人值守", "Staffed", ("值守", "人工值守", "专人值守", "工作人员")),
    Term("open_door", "直接进", "Walk in", ("自由进出", "敞开", "无门禁", "开放式", "免卡")),
    Term("qr", "扫码进", "Scan a QR code", ("扫码", "二维码", "扫码开门", "扫码进入", "qr code")),
    Term("face", "刷脸进", "Face recognition", ("刷脸", "人脸识别", "人脸")),
    Term("app", "用 App 开门", "Open with an app", ("app开门", "手机app", "小程序", "小程序开门")),
    Term("membership", "凭会员卡", "Union card needed", ("会员卡", "工会会员卡", "刷卡", "工会卡")),
    Term("key", "取钥匙", "Ask for the key", ("钥匙", "凭钥匙", "密码", "密码锁")),
)  # fmt: skip
FACILITIES = (
    Term("drinking_water", "饮水", "Drinking water", (
        "热水", "饮用水", "饮水机", "开水", "直饮水", "饮水设备", "茶水", "drink", "water", "hot water")),
    Term("microwave", "微波炉", "Microwave", ("加热饭菜", "热饭", "加热", "微波加热")),
    Term("seating", "桌椅", "Seating", ("座椅", "休息椅", "沙发", "休息区", "桌凳", "seat", "seats")),
    Term("charging", "手机充电", "Phone charging", (
        "充电", "充电器", "充电宝", "充电插座", "手机充电设备", "phone charging")),
    Term("toilet", "厕所", "Toilet", ("卫生间", "洗手间", "公厕", "wc", "restroom")),
    Term("air_conditioning", "空调", "Air conditioning", ("冷气", "制冷", "ac", "aircon", "cooling")),
    Term("heating", "供暖", "Heating", ("暖气", "取暖", "取暖设备", "采暖")),
    Term("first_aid", "药箱", "First-aid box", ("急救箱", "医药箱", "应急药品", "常用药品", "医药包", "急救包")),
    Term("wifi", "无线网", "Wi-Fi", ("wi-fi", "无线网络", "免费wifi", "网络")),
    Term("reading", "书报", "Reading matter", ("图书", "阅读", "报刊", "书籍", "读书角", "书架")),
    Term("umbrella", "雨具", "Umbrellas", ("雨伞", "爱心雨伞", "便民伞")),
    Term("fridge", "冰箱", "Fridge", ("冰柜", "冷藏", "refrigerator")),
    Term("shower", "淋浴", "Shower", ("洗澡", "沐浴", "浴室")),
    Term("nursing", "母婴设施", "Nursing corner", ("哺乳", "母婴", "母婴台")),
    Term("ebike_charging", "电动车充电", "E-bike charging", ("电瓶车充电", "电动自行车充电", "充电桩")),
    Term("battery_swap", "换电", "Battery swap", ("换电柜", "换电站", "电池更换")),
    Term("legal_advice", "法律咨询", "Legal advice", ("法律援助", "法律服务", "普法")),
    Term("counselling", "心理咨询", "Counselling", ("心理疏导", "心理服务", "心理健康")),
    Term("breakfast", "早餐", "Breakfast", ("免费早餐", "爱心早餐")),
    Term("parking", "停车", "Parking", ("停车位", "停车场")),
    Term("fan", "风扇", "Fan", ("电风扇", "电扇")),
    Term("television", "电视", "Television", ("电视机", "tv")),
    Term("lockers", "储物柜", "Lockers", ("寄存柜", "更衣柜", "存包柜", "置物柜")),
    Term("repair_tools", "维修工具", "Repair tools", ("工具箱", "打气筒", "针线包", "便民工具")),
    Term("laundry", "洗衣", "Laundry", ("洗衣机",)),
    Term("beds", "床位", "Beds", ("休息床", "躺椅", "午休床")),
)  # fmt: skip
SERVES = (
    Term("all", "所有户外劳动者", "All outdoor workers", ("户外劳动者", "全部", "所有人", "不限")),
    Term("courier", "快递员", "Couriers", ("快递", "快递小哥", "投递员")),
    Term("rider", "外卖骑手", "Riders", ("外卖员", "外卖小哥", "骑手", "送餐员", "网约配送员")),
    Term("sanitation", "环卫工", "Street cleaners", ("环卫", "环卫工人", "保洁员", "清洁工")),
    Term("driver", "司机", "Drivers", ("出租车司机", "网约车司机", "货车司机", "卡车司机", "的哥")),
    Term("construction", "建筑工", "Construction workers", ("建筑工人", "农民工")),
    Term("traffic", "交警辅警", "Traffic wardens", ("交警", "辅警", "协警", "交通协管员")),
    Term("gig", "零工", "Day labourers", ("灵活就业人员", "临时工", "散工")),
)  # fmt: skip
HOST_KINDS = (
    Term("union", "工会", "Trade union", ("总工会", "职工服务中心", "工人文化宫")),
    Term("government", "机关", "Government office", ("政府", "政务大厅", "党群服务中心", "街道办")),
    Term("community", "社区", "Community centre", ("居委会", "社区服务中心", "村委会")),
    Term("bank", "银行", "Bank", ("银行网点", "信用社")),
    Term("post_office", "邮政", "Post office", ("邮局", "邮政网点", "中国邮政")),
    Term("telecom", "通信营业厅", "Telecom shop", ("营业厅", "移动营业厅", "联通营业厅", "电信营业厅")),
    Term("petrol_station", "加油站", "Petrol station", ("中石化", "中石油", "加气站")),
    Term("public_toilet", "公厕", "Public toilet", ("公共厕所", "公共卫生间")),
    Term("shop", "商铺", "Shop", ("商场", "超市", "便利店", "餐饮店", "药店", "商户")),
    Term("company", "企业", "Company", ("公司", "园区", "物业")),
    Term("hospital", "医院", "Hospital", ("卫生院", "诊所", "社区卫生服务中心")),
    Term("school", "学校", "School", ()),
    Term("park", "公园", "Park", ("广场", "景区", "游园")),
    Term("transport", "交通场站", "Transport hub", ("公交站", "地铁站", "车站", "服务区")),
    Term("other", "其他", "Other", ("其它",)),
)  # fmt: skip
BUILD_MODES = (
    Term("self_built", "自建", "Built by the union", ("工会自建", "自主建设")),
    Term("joint", "共建", "Joint", ("联合共建", "合建", "共建共享")),
)
PROBLEMS = (
    Term("locked", "该开的时候锁着门", "Locked during posted hours"),
    Term("moved", "搬走了", "It has moved"),
    Term("gone", "已经撤了", "Closed for good"),
    Term("broken", "设备坏了", "Equipment broken"),
    Term("supplies", "东西用完了", "Supplies have run out"),
    Term("hours", "开放时间不对", "Hours are wrong"),
    Term("other", "其他", "Something else"),
)
TASK_STATES = (
    Term("new", "待处理", "New"),
    Term("accepted", "处理中", "In hand"),
    Term("done", "已解决", "Solved"),
    Term("rejected", "未采纳", "Not taken up"),
)
FIELDS = (
    Term("id", "编码", "ID", (
        "编号", "站点编号", "站点编码", "驿站编号", "序号", "站点id", "src_id", "code", "no", "station_id")),
    Term("name", "站点名称", "Name", (
        "名称", "驿站名称", "服务站名称", "站名", "站点", "title", "station_name")),
    Term("address", "地址", "Address", (
        "详细地址", "站点地址", "驿站地址", "服务站地址", "所在地址", "位置", "具体位置", "addr")),
    Term("phone", "联系电话", "Phone", ("站点电话", "电话", "咨询电话", "tel", "telephone")),
    Term("kind", "类型", "Kind", ("站点类型", "驿站类型", "类别", "type", "category")),
    Term("services", "附设服务", "Services", ("服务类型", "附加服务")),
    Term("status", "状态", "Status", ("站点状态", "运行状态", "开放状态", "使用状态")),
    Term("status_since", "状态起始日期", "Status since", ("状态日期", "状态变更日期")),
    Term("valid_from", "启用", "Valid from", ("启用日期", "开始日期", "启用时间")),
    Term("valid_to", "停用", "Valid to", ("停用日期", "结束日期", "截止日期", "停用时间")),
    Term("mobile", "流动站", "Mobile", ("是否流动", "流动站点", "是否流动站")),
    Term("adcode", "行政区划代码", "District code", ("区划代码", "区划码", "行政代码", "区县代码")),
    Term("district", "区县", "District", (
        "所属区县", "所在区县", "区", "县区", "县（市、区）", "行政区", "区域", "所属区域", "所属区", "county")),
    Term("township", "街道", "Township", ("乡镇", "所属街道", "街道乡镇", "乡镇街道", "镇街", "街镇")),
    Term("lon", "经度", "Longitude", (
        "lng", "long", "longitude", "x", "x坐标", "东经", "经度坐标")),
    Term("lat", "纬度", "Latitude", ("latitude", "y", "y坐标", "北纬", "纬度坐标")),
    Term("position", "坐标", "Position", ("经纬度", "位置坐标", "坐标位置", "地理坐标", "location", "lnglat")),
    Term("source_datum", "原坐标系", "Source datum", ("坐标系", "坐标系统", "datum", "坐标类型")),
    Term("source_position", "原坐标", "Source position", ()),
    Term("access", "进入方式", "Access", ("准入方式", "开门方式", "门禁", "进门方式")),
    Term("opening_hours", "开放时间", "Opening hours", (
        "营业时间", "服务时间", "开放时段", "运营时间", "对外开放时间", "hours")),
    Term("hours_text", "开放时间原文", "Hours as written", ("hours_text", "开放时间文本")),
    Term("facilities", "服务设施", "Facilities", ("设施", "设备", "配套设施", "设施设备", "服务项目", "服务内容")),
    Term("facilities_verified", "设施核验日期", "Facilities verified", ()),
    Term("serves", "服务对象", "Serves", ("服务人群", "服务群体", "面向人群")),
    Term("area_m2", "面积", "Area", ("面积（平方米）", "面积(㎡)", "建筑面积", "使用面积", "area")),
    Term("capacity", "容纳人数", "Capacity", ("可容纳人数", "座位数", "最大容纳人数")),
    Term("host", "依托单位", "Host", ("共建单位", "依托场所", "所属单位", "设置单位")),
    Term("host_kind", "依托单位类型", "Host kind", ("单位类型", "依托类型")),
    Term("build_mode", "建设方式", "Build mode", ("建设模式", "建设类型", "自建/共建")),
    Term("opened_on", "建成日期", "Opened on", ("建成时间", "建站时间", "成立时间", "投用日期", "建立时间")),
    Term("invested_cny", "投入资金", "Invested (CNY)", ("投入资金（元）", "建设资金", "投资金额", "投资")),
    Term("verified_on", "核验日期", "Verified on", ("核验时间", "核实日期", "检查日期", "最近核验")),
    Term("verified_by", "核验人", "Verified by", ("核验单位", "核实人", "检查人")),
    Term("star", "星级", "Star level", ("评级", "星级评定", "等级")),
    Term("labels", "称号", "Honours", ("荣誉", "荣誉称号", "标签")),
    Term("manager", "管理人员", "Manager", ("负责人", "站长", "管理员", "联系人", "责任人")),
    Term("manager_phone", "手机", "Manager's phone", (
        "负责人电话", "联系人电话", "管理人员电话", "手机号", "手机号码", "负责人手机", "管理员电话", "站长电话")),
    Term("photos", "图片", "Photos", ("照片", "现场照片", "photo", "image")),
    Term("notes", "备注", "Notes", ("说明", "remark", "remarks", "note", "comment")),
    Term("source", "来源", "Source", ("数据来源", "信息来源")),
    Term("revision", "版本", "Revision", ()),
    Term("updated_at", "更新时间", "Updated at", ("修改时间", "最后更新")),
)  # fmt: skip

PRIVATE_FIELDS = ("manager", "manager_phone")
"""Never in a public answer, an export or a log."""

LISTS: dict[str, tuple[Term, ...]] = {
    "kind": KINDS,
    "services": KINDS,
    "status": STATUSES,
    "access": ACCESS_MODES,
    "facilities": FACILITIES,
    "serves": SERVES,
    "host_kind": HOST_KINDS,
    "build_mode": BUILD_MODES,
    "problem": PROBLEMS,
    "task_state": TASK_STATES,
    "field": FIELDS,
}
"""Every list by the field that holds its codes; `field` lists the fields themselves."""

KIND_CODES: tuple[Kind, ...] = get_args(Kind)
STATUS_CODES: tuple[Status, ...] = get_args(Status)
ACCESS_CODES: tuple[AccessMode, ...] = get_args(AccessMode)
FACILITY_CODES: tuple[Facility, ...] = get_args(Facility)
SERVES_CODES: tuple[Serves, ...] = get_args(Serves)
PROBLEM_CODES: tuple[Problem, ...] = get_args(Problem)
TASK_STATE_CODES: tuple[TaskState, ...] = get_args(TaskState)


def fold(word: str) -> str:
    """`word` as it is compared: full-width and case folded, spaces and hyphens removed."""
    text = unicodedata.normalize("NFKC", word).casefold()
    return re.sub(r"[\s_\-:：*]+", "", text)


@functools.cache
def _by_word(name: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for term in LISTS[name]:
        for word in (term.code, term.zh, term.en, *term.synonyms):
            words.setdefault(fold(word), term.code)
    return words


def code_of(name: str, word: str) -> str | None:
    """Code of `word` in the list `name` (a key of `LISTS`), or None where no term has it."""
    return _by_word(name).get(fold(word))


def label(name: str, code: str, lang: str = "zh") -> str:
    """What a person reads for `code`; the code itself where the list does not have it."""
    return _labels(name, "en" if lang.startswith("en") else "zh").get(code, code)


@functools.cache
def _labels(name: str, lang: str) -> dict[str, str]:
    return {term.code: term.en if lang == "en" else term.zh for term in LISTS[name]}
