from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stations import hours
from stations.hours import BEIJING, OpenState, parse, to_osm
from stations.hours import text as hours_text

# A week without holidays or make-up workdays, from Monday, with a night on either side.
MONDAY = datetime(2025, 11, 10, tzinfo=BEIJING)
WEEK = timedelta(days=7)

READ = [
    ("8:00-18:00 周一至周五，节假日除外", "Mo-Fr 08:00-18:00; PH off"),
    ("8:00-18:00 周一至周五 节假日休息", "Mo-Fr 08:00-18:00; PH off"),
    ("8:00-18:00 周一至周五 周六休息", "Mo-Fr 08:00-18:00; Sa off"),
    ("8:00-18:00 周一至周五，周六、日休息", "Mo-Fr 08:00-18:00; Sa-Su off"),
    ("周一至周五8:30-12:00；14:00-17:30", "Mo-Fr 08:30-12:00,14:00-17:30"),
    ("周一至周五 上午8:30-12:00；周一至周五 下午14:00-17:30", "Mo-Fr 08:30-12:00,14:00-17:30"),
    ("上午8:30-12:00，下午2:30-5:30", "08:30-12:00,14:30-17:30"),
    ("下午2:30-5:30", "14:30-17:30"),
    ("全天候24小时", "24/7"),
    ("每天8:00-20:00，周日9:00-17:00", "Mo-Sa 08:00-20:00; Su 09:00-17:00"),
    ("每周一至周五8:00-18:00", "Mo-Fr 08:00-18:00"),
    ("周1至周5 8:00-18:00", "Mo-Fr 08:00-18:00"),
    ("周1-5 8:00-18:00", "Mo-Fr 08:00-18:00"),
    ("周一至五8:00-18:00", "Mo-Fr 08:00-18:00"),
    ("周一~周五8点~18点", "Mo-Fr 08:00-18:00"),
    ("星期一至星期五 8:30-11:30 14:00-17:00", "Mo-Fr 08:30-11:30,14:00-17:00"),
    ("AM8:30-12:00 PM14:00-17:30", "08:30-12:00,14:00-17:30"),
    ("am 8:30-pm 5:30", "08:30-17:30"),
    ("8:00AM-6:00PM", "08:00-18:00"),
    ("9am-5pm daily", "09:00-17:00"),
    ("daily 9:00-17:00 except public holidays", "09:00-17:00; PH off"),
    ("open 24 hours", "24/7"),
    ("全年无休 8:00-20:00", "08:00-20:00"),
    ("8:00-20:00（全年无休）", "08:00-20:00"),
    ("24小时全年无休", "24/7"),
    ("365天24小时", "24/7"),
    ("周一至周五全天", "Mo-Fr 00:00-24:00"),
    ("工作日24小时", "Mo-Fr 00:00-24:00; PH off"),
    ("工作日8:30-17:30，周末9:00-16:00", "Mo-Fr 08:30-17:30; Sa-Su 09:00-16:00; PH unknown"),
    ("工作日8:30-17:30；休息日9:00-16:00", "Mo-Fr 08:30-17:30; Sa-Su,PH 09:00-16:00"),
    ("工作日及周末 8:00-20:00", "08:00-20:00; PH off"),
    ("9:00-17:00（12:00-13:30午休）", "09:00-12:00,13:30-17:00"),
    ("9:00-17:00 午休12-14", "09:00-12:00,14:00-17:00"),
    ("早上6点到9点", "06:00-09:00"),
    ("早上8点到晚上9点半", "08:00-21:30"),
    ("8点到晚上10点", "08:00-22:00"),
    ("8点到12点，14点到18点", "08:00-12:00,14:00-18:00"),
    ("8点-10点，20点-22点", "08:00-10:00,20:00-22:00"),
    ("6:00-9:00", "06:00-09:00"),
    ("05:00-09:00", "05:00-09:00"),
    ("18:00-8:00", "18:00-08:00"),
    ("17:00-9:00", "17:00-09:00"),
    ("8:00-0:00", "08:00-24:00"),
    ("8:00-24:00", "08:00-24:00"),
    ("0:00-24:00", "24/7"),
    ("0点-24点", "24/7"),
    ("00:00-23:59", "24/7"),
    ("0-24小时", "24/7"),
    ("0-24时", "24/7"),
    ("早7点-次日凌晨2点", "07:00-26:00"),
    ("夜间22:00-6:00", "22:00-06:00"),
    ("周六、周日、节假日 9:00-16:00", "Sa-Su,PH 09:00-16:00"),
    ("周末节假日9:00-16:00", "Sa-Su,PH 09:00-16:00"),
    (
        "周一至周五：8:30-17:30 周六：9:00-12:00 周日：休息",
        "Mo-Fr 08:30-17:30; Sa 09:00-12:00; Su off",
    ),
    ("周一至周五：8:30-17:30", "Mo-Fr 08:30-17:30"),
    ("周六：9:00-12:00", "Sa 09:00-12:00"),
    ("周日：休息", 'Mo-Sa unknown "周日：休息"; Su off'),
    ("08:00～18:00(周六、周日及法定节假日除外)", "08:00-18:00; Sa-Su off; PH off"),
    ("8：30－－17：30", "08:30-17:30"),
    ("8:30:00-17:30:00", "08:30-17:30"),
    ("8:30-17:30:00", "08:30-17:30"),
    ("周一周三周五 8:00-12:00", "Mo,We,Fr 08:00-12:00"),
    ("周二至周日9:00-17:00（周一闭馆）", "Tu-Su 09:00-17:00; Mo off"),
    ("周二至周日 9:00-17:00 周一休息，法定节假日照常开放", "Tu-Su 09:00-17:00; Mo off"),
    ("周一至周五 8:30—17:30 （国家法定节假日休息）", "Mo-Fr 08:30-17:30; PH off"),
    ("周一至周五 早8点至晚6点", "Mo-Fr 08:00-18:00"),
    ("5-9月8:00-19:00，10-4月8:30-17:30", "May-Sep 08:00-19:00; Oct-Apr 08:30-17:30"),
    (
        "5月1日至10月1日8:00-19:00，10月2日至次年4月30日8:30-17:30",
        "May 01-Oct 01 08:00-19:00; Oct 02-Apr 30 08:30-17:30",
    ),
    (
        "周一至周五：5月-9月8:00-19:00，10月-4月8:30-17:30",
        "May-Sep Mo-Fr 08:00-19:00; Oct-Apr Mo-Fr 08:30-17:30",
    ),
    (
        "8:00-19:00（5月-9月），8:30-17:30（10月-次年4月）",
        "May-Sep 08:00-19:00; Oct-Apr 08:30-17:30",
    ),
    ("晚上22:00至凌晨6:00", "22:00-06:00"),
    ("晚10点-早6点", "22:00-06:00"),
    ("晚上8点-12点", "20:00-24:00"),
    ("晚8点-10点", "20:00-22:00"),
    ("中午11:30-1:30", "11:30-13:30"),
    ("早9晚5", "09:00-17:00"),
    ("二十四小时", "24/7"),
    ("Mon to Fri 8:30 to 17:30", "Mo-Fr 08:30-17:30"),
    ("Sat & Sun 10:00-16:00", "Sa-Su 10:00-16:00"),
    ("Mon, Wed, Fri: 9:00-12:00", "Mo,We,Fr 09:00-12:00"),
    ("weekdays 9am-5pm, weekends 10am-4pm", "Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00"),
    ("周日至周四 8:00-22:00", "Mo-Th,Su 08:00-22:00"),
    ("“8:00-20:00”", "08:00-20:00"),
    ("8:00-20:00。", "08:00-20:00"),
    ("开放时间：8:00-20:00", "08:00-20:00"),
    ("对外开放时间为每天8:00至20:00", "08:00-20:00"),
    ("每日开放8:00-20:00", "08:00-20:00"),
    ("8:00-20:00, 除周一", "08:00-20:00; Mo off"),
    ("Mo-Fr 08:00-12:00,14:00-18:00", "Mo-Fr 08:00-12:00,14:00-18:00"),
    ("Jan-Mar 08:00-20:00", "Jan-Mar 08:00-20:00"),
    ("周一、8:00-9:00", "Mo 08:00-09:00"),
    ("8时-12时，15时-18时", "08:00-12:00,15:00-18:00"),
    ("早六点至晚十点", "06:00-22:00"),
    ("上午8:00到中午12:00，下午2:00到6:00", "08:00-12:00,14:00-18:00"),
    ("上午8点-12点 下午2点-6点 晚上7点-9点", "08:00-12:00,14:00-18:00,19:00-21:00"),
    ("上午8：00——11：30 下午 3：00——6：00", "08:00-11:30,15:00-18:00"),
    ("8:00~11:30，15:00~18:00", "08:00-11:30,15:00-18:00"),
    ("08:00-12:00;14:00-18:00", "08:00-12:00,14:00-18:00"),
    (
        "周一至周五8:00－12:00，14:00－17:00，周六、周日9:00－16:00",
        "Mo-Fr 08:00-12:00,14:00-17:00; Sa-Su 09:00-16:00",
    ),
    ("凌晨0点至早上6点", "00:00-06:00"),
    ("22点-6点", "22:00-06:00"),
    ("夜里10点到早上6点", "22:00-06:00"),
    ("二十二时至次日六时", "22:00-06:00"),
    ("8:00-20:00（节假日正常开放）", "08:00-20:00"),
    ("8:00-17:00（工作日）", "Mo-Fr 08:00-17:00; PH off"),
    ("8:00-17:00（周末及节假日休息）", "08:00-17:00; Sa-Su off; PH off"),
    ("周一至周五9:00-17:00 周六9:00-12:00 节假日休息", "Mo-Fr 09:00-17:00; Sa 09:00-12:00; PH off"),
    ("周一~周日：07:00~22:00", "07:00-22:00"),
    ("周一——周日 7:00——22:00", "07:00-22:00"),
    ("早7：00—晚9：00", "07:00-21:00"),
    ("7:00-21：00点", "07:00-21:00"),
    ("7点至21点30", "07:00-21:30"),
    ("7点30至21点30分", "07:30-21:30"),
    ("早7:00至晚21:00", "07:00-21:00"),
    ("AM7:00-PM9:00", "07:00-21:00"),
    ("上午7:00-晚9:00", "07:00-21:00"),
    ("除节假日外全天开放", "24/7; PH off"),
    (
        "周一至周五 9：00-17：00，周六日及节假日 10：00-16：00",
        "Mo-Fr 09:00-17:00; Sa-Su,PH 10:00-16:00",
    ),
    ("周一至周五，9：00-17：00", "Mo-Fr 09:00-17:00"),
    ("节假日不开放", 'unknown "节假日不开放"; PH off'),
    ("双休日不开放", 'Mo-Fr unknown "双休日不开放"; Sa-Su off'),
    ("周六周日 9:00-12:00", "Sa-Su 09:00-12:00"),
    ("每天8:00-20:00，周日休息", "08:00-20:00; Su off"),
    (
        "3月1日-10月31日 8:00-18:00, 11月1日-2月28日 8:30-17:00",
        "Mar-Oct 08:00-18:00; Nov-Feb 08:30-17:00",
    ),
    (
        "周一至周五 8:30-17:30，周六 8:30-12:00，周日及法定节假日休息",
        "Mo-Fr 08:30-17:30; Sa 08:30-12:00; Su off; PH off",
    ),
    ("Sundays closed, 9am-5pm", "09:00-17:00; Su off"),
    ("周一至周五开放，节假日休息", 'Mo-Fr unknown "周一至周五开放，节假日休息"; Sa-Su off; PH off'),
    ("9:00-17:00（周一及法定节假日闭馆）", "09:00-17:00; Mo off; PH off"),
    ("24小时营业，全年无休", "24/7"),
    ("周一至周四22:00-06:00；周五、六22:00-07:00", "Mo-Th 22:00-06:00, Fr-Sa 22:00-07:00"),
    ("22:00-次日06:00，周一休息", "Tu-Su 22:00-06:00"),
    ("早上8点到次日早上6点", "08:00-30:00"),
    ("凌晨4点到上午11点", "Mo-Su 04:00-11:00"),
    ("24小时", "24/7"),
    ("全天", "24/7"),
    ("全天24小时开放", "24/7"),
    ("24h", "24/7"),
    ("7x24", "24/7"),
    ("7*24小时", "24/7"),
    ("24/7", "24/7"),
    ("周一至周五 08:30-12:00,13:00-17:30", "Mo-Fr 08:30-12:00,13:00-17:30"),
    ("早8点至晚10点", "08:00-22:00"),
    ("上午八时至下午六时", "08:00-18:00"),
    ("全天（法定节假日除外）", "24/7; PH off"),
    ("工作日开放", 'Mo-Fr unknown "工作日开放"; Sa-Su off; PH off'),
    ("工作日 9:00-17:00", "Mo-Fr 09:00-17:00; PH off"),
    ("每天 8:00-20:00", "08:00-20:00"),
    ("天天8:00-20:00", "08:00-20:00"),
    ("礼拜一 8:00-20:00", "Mo 08:00-20:00"),
    ("週一至週五 上午8點至下午6點（節假日除外）", "Mo-Fr 08:00-18:00; PH off"),
    ("開放時間：8時至20時", "08:00-20:00"),
    ("８：３０—１７：３０", "08:30-17:30"),
    ("８：３０～１７：３０", "08:30-17:30"),
    ("8:30〜17:30", "08:30-17:30"),
    ("8点半至17点半", "08:30-17:30"),
    ("8.30-17.30", "08:30-17:30"),
    ("8时30分-17时30分", "08:30-17:30"),
    ("十二点至二十点", "12:00-20:00"),
    ("晚上8点到早上6点", "20:00-06:00"),
    (
        "夏季（5月1日-9月30日）8:00-19:00，冬季（10月1日-次年4月30日）8:30-17:30",
        "May-Sep 08:00-19:00; Oct-Apr 08:30-17:30",
    ),
    ("8:00-18:00 中午不休息", "08:00-18:00"),
    ("8:00-18:00（12:00-14:00休息）", "08:00-12:00,14:00-18:00"),
    ("周一闭馆", 'Tu-Su unknown "周一闭馆"; Mo off'),
    ("除周一外 9:00-17:00", "09:00-17:00; Mo off"),
    ("Mon-Fri 9am-5pm", "Mo-Fr 09:00-17:00"),
    ("PH off", 'unknown "PH off"; PH off'),
    ("08:00-26:00", "08:00-26:00"),
    ("Mo-Fr 08:00-06:00; PH off", "Mo-Fr 08:00-06:00; PH off"),
    ("mo-fr 9:00-17:00;ph off", "Mo-Fr 09:00-17:00; PH off"),
    ("Mo-Fr 8:00-17:00;Sa closed", "Mo-Fr 08:00-17:00; Sa off"),
    ("全天 周一休息", "24/7; Mo off"),
    ("周一至周日 24小时", "24/7"),
    ("14点到17点", "14:00-17:00"),
    ("下午2点到5点半", "14:00-17:30"),
    ("早8点-晚12点", "08:00-24:00"),
    ("8点一刻到17点三刻", "08:15-17:45"),
    ("周日-周四 8:00-20:00", "Mo-Th,Su 08:00-20:00"),
    ("周六～周一 8:00-20:00", "Mo,Sa-Su 08:00-20:00"),
    ("星期天 8:00-20:00", "Su 08:00-20:00"),
    ("8.30-11.30 14.30-17.30", "08:30-11:30,14:30-17:30"),
]

UNREAD = [
    "周末休息，节假日除外",
    "周末休息（节假日除外）",
    "8:30-12:00，2:30-5:30",
    "2:30-5:30",
    "8:00-20:00（疫情期间调整）",
    "8:00—20:00左右",
    "约8:00-20:00",
    "以现场为准",
    "营业时间",
    "同银行营业时间",
    "银行营业时间",
    "不定时",
    "白天",
    "全天候",
    "电话预约",
    "8点",
    "早晚",
    "8:00",
    "8:00-",
    "-20:00",
    "全天8:00-20:00",
    "24小时 8:00-20:00",
    "1900-01-00",
    "45292",
    "2024-05-01",
    "8:00-8:00",
    "08:60-09:00",
    "8:00-20:00 8:00-21:00",
    "周一至周五8:00-18:00，周三9:00-17:00",
    "周一至周日8:00-20:00，周日休息",
    "逢周三下午政治学习不开放",
    "周一至周五（周三下午除外）8:00-17:00",
    "8:00-18:00（周三下午闭馆）",
    "每周一闭馆，其余时间9:00-17:00",
    "closed",
    "休息",
    "全年无休",
    "工作日8:30-17:30，节假日不休",
    "上午9点到5点",
    "早8点至10点",
    "8点到12点",
    "5:00-9:00",
    "1:30-17:30",
    "13:30-5:30",
    "20:00-10:00",
    "①8:00-12:00②14:00-18:00",
    "1、8:00-12:00 2、14:00-18:00",
    "0830-1730",
    "8;30-17;30",
    "五一至十一 8:00-19:00",
    "春节休息，其余8:00-20:00",
    "国庆节休息",
    "单周周六8:00-12:00",
    "每月第一个周一8:00-12:00",
    "隔周周六休息",
    "室外24小时，室内8:00-20:00",
    "自助区24小时，大厅8:30-17:00",
    "24小时自助",
    "24小时（刷卡进入）",
    "暂停开放",
    "8:00-20:00 暂停开放",
    "装修中",
    "夏令时8:00-19:00 冬令时8:00-18:00",
    "5月-9月 8:00-19:00",
    "晚上10点-6点",
    "朝九晚五",
    "8小时",
    "12小时",
    "24",
    "24小时营业厅",
    "全日制",
    "周一至周末8:00-18:00",
    "周一到周五 周日 8:00-18:00",
    "8:00至18:00，中午休息",
    "8:00-11:30、14:30-18:00（周末双休）",
    "Mo-Fr",
    "9-5",
    "9:00-5:00",
    "8:00开放-20:00关闭",
    "8:00开门20:00关门",
    "2024",
    "周五、六日8:00-9:00",
    "周六日点",
    "周一一点到三点",
    "8:00-12:00，13:00-17:00，夏季延长至18:00",
    "8:00-18:00（冬季17:00关门）",
    "8:00-18:00 (周日17:00)",
    "8:00-20:00（春节除外）",
    "8:00-20:00 无",
    "无",
    "/",
    "——",
    "待定",
    "正常上班时间",
    "上班时间",
    "工作时间",
    "周一至周五工作时间",
    "同上",
    "冬季8:00-18:00",
    "周一至周五",
    "周一至周日",
    "周六日",
    "周末",
    "周末开放",
    "节假日开放",
    "每天开放",
    "9:00-17:00，周一闭馆（法定节假日除外）",
    "8.30-10.30",
    "夏季8:00-19:00，冬季8:30-17:30",
    "8点至6点",
    "8-10",
    "25:00-26:00",
    "0.354166667",
    "8:00-20:00 12月1日起8:30-19:00",
    "2024年5月1日-2024年9月30日 8:00-19:00",
    "周一至周五 8:30-17:30 (7-8月 9:00-17:00)",
    "8:00-20:00，周六日9:00-16:00",
    "13月至15月 8:00-19:00",
    "8:00-20:00 电话13812345678",
    "8:00-20:00 0371-12345678",
    "2点到5点",
    "晚上12点到早上6点",
    "8:00-20:00；24小时",
    "周五晚上休息",
    "8:00-晚",
    "8²:00-10:00",
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_plain_is_read(text: str, expected: str) -> None:
    """A text with one meaning becomes exactly that expression."""
    assert to_osm(text) == expected


@pytest.mark.parametrize("text", [*UNREAD, "", "  ", "\n", "8:00-20:00" * 100, "周一" * 3000])
def test_what_is_not_certain_is_not_read(text: str) -> None:
    """Vague, ambiguous, contradictory, impossible, or with an unknown word: nothing."""
    assert to_osm(text) is None


def test_workdays_without_hours_are_closed_at_weekends_and_never_open_all_day() -> None:
    """工作日开放: unknown on workdays, closed on weekends and holidays, open at no time."""
    text = to_osm("工作日开放")
    assert text is not None
    assert "Mo-Fr" in text
    assert "PH off" in text
    found = parse(text).intervals(MONDAY, MONDAY + 52 * WEEK)
    assert {state for _, _, state in found} == {OpenState.UNKNOWN, OpenState.CLOSED}
    assert parse(text).at(MONDAY).state is OpenState.UNKNOWN
    assert parse(text).at(MONDAY + timedelta(days=5)).state is OpenState.CLOSED
    assert parse(text).at(datetime(2025, 10, 1, 12, tzinfo=BEIJING)).state is OpenState.CLOSED


def test_nights_of_different_days_are_whole() -> None:
    """A rule for the next day does not cut off the night that came before it."""
    text = to_osm("周一至周四22:00-06:00；周五、六22:00-07:00")
    assert text is not None
    friday = MONDAY + timedelta(days=4)
    assert parse(text).at(friday + timedelta(hours=2)) == ("open", friday + timedelta(hours=6))


def test_to_osm_is_one_function() -> None:
    """The function is reached through `stations.hours` as well."""
    assert hours.to_osm is hours_text.to_osm


# ----------------------------------------------------------------------------------- properties

FRAGMENTS = [
    "周一", "周二", "至", "到", "-", "～", "——", "周五", "周六日", "周末", "工作日", "节假日",
    "法定节假日", "每天", "8:00", "8:30", "12:00", "14:00", "17:30", "20:00", "22:00", "06:00",
    "0:00", "24:00", "8点", "6点", "9点半", "十点", "18时", "早", "晚", "上午", "下午", "中午",
    "凌晨", "次日", "早上", "晚上", "24小时", "全天", "休息", "闭馆", "除", "外", "除外", "不休",
    "照常开放", "含", "开放", "开放时间", "午休", "中午不休", "，", "；", "、", "：", "（", "）",
    " ", "和", "5月", "9月", "10月", "次年4月", "1日", "30日", "夏季", "冬季", "am", "pm", "Mon",
    "Fri", "Mo-Fr", "PH", "off", "全年无休", "8", "30", ".", "unknown", '"',
]  # fmt: skip


def open_spans(text: str) -> list[tuple[datetime, datetime, OpenState]]:
    """Evaluate an expression for the plain week."""
    return parse(text).intervals(MONDAY, MONDAY + WEEK)


def check_result(text: str) -> None:
    """Check that what is read can be evaluated, and read again with the same meaning."""
    found = to_osm(text)
    if found is None:
        return
    again = to_osm(found)
    assert again is not None
    for begin in (
        MONDAY,
        datetime(2025, 9, 24, tzinfo=BEIJING),
        datetime(2026, 4, 28, tzinfo=BEIJING),
    ):
        end = begin + 2 * WEEK
        assert parse(found).intervals(begin, end) == parse(again).intervals(begin, end)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    """Whatever is typed, the answer is an expression that can be evaluated, or None."""
    check_result(text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join))
@example("PH off")
@example("Mon,Wed-Fri 8:00-12:00")
@example("早上8点到次日早上6点")
def test_no_jumble_of_known_words_raises(text: str) -> None:
    """What is read from known words can be evaluated, and read again with the same meaning."""
    check_result(text)


WEEKDAYS = "一二三四五六日"
DAY_STYLES = (
    lambda days: "、".join(f"周{WEEKDAYS[day]}" for day in days),
    lambda days: f"周{'、'.join(WEEKDAYS[day] for day in days)}",
    lambda days: "和".join(f"星期{WEEKDAYS[day]}" for day in days),
    lambda days: "，".join(f"每週{WEEKDAYS[day]}" for day in days),
    lambda days: "".join(f"礼拜{'一二三四五六天'[day]}" for day in days),
)
NUMERALS = [
    "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三",
    "十四", "十五", "十六", "十七", "十八", "十九", "二十", "二十一", "二十二", "二十三",
    "二十四",
]  # fmt: skip


def named(minute: int) -> str:
    """Write a time with the part of the day."""
    hour, rest = divmod(minute, 60)
    tail = f"{rest:02d}分" if rest else ""
    if hour < 6:
        return f"凌晨{hour}点{tail}"
    if hour < 12:
        return f"上午{hour}点{tail}"
    if hour == 12:
        return f"中午12点{tail}"
    return f"下午{hour - 12}点{tail}" if hour < 18 else f"晚上{hour - 12}点{tail}"


def numeral(minute: int) -> str:
    """Write a time in Chinese numerals."""
    hour, rest = divmod(minute, 60)
    return f"{NUMERALS[hour]}时" + {0: "", 15: "一刻", 30: "半", 45: "四十五分"}[rest]


SPAN_STYLES = (
    lambda start, end: f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}",
    lambda start, end: f"{start // 60:02d}：{start % 60:02d}——{end // 60:02d}：{end % 60:02d}",
    lambda start, end: f"{start // 60:02d}:{start % 60:02d} ～ {end // 60:02d}:{end % 60:02d}",
    lambda start, end: f"{start // 60}点{start % 60:02d}分至{end // 60}点{end % 60:02d}分",
    lambda start, end: f"{numeral(start)}到{numeral(end)}",
    lambda start, end: f"{named(start)}到{named(end)}",
)


@st.composite
def timetables(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    """Draw some weekdays, and one or two spans in minutes."""
    days = sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=6)))
    # From 6:00, and into the afternoon: earlier and shorter ones are doubtful in some styles.
    marks = sorted(draw(st.sets(st.integers(24, 95), min_size=2, max_size=2)))
    start, end = marks[0] * 15, max(marks[1] * 15, 13 * 60)
    start = min(start, 11 * 60 + 45)
    if draw(st.booleans()):
        return days, [(start, 12 * 60), (13 * 60, end + 15)]
    return days, [(start, end)]


@settings(max_examples=300, deadline=None)
@given(
    timetable=timetables(),
    day_style=st.sampled_from(range(len(DAY_STYLES))),
    span_style=st.sampled_from(range(len(SPAN_STYLES))),
    between=st.sampled_from(["，", "、", " ", "；", "和"]),
    before=st.sampled_from(["", "：", " ", "开放时间", "开放时间为"]),
    after=st.sampled_from(["", "。", "（中午不休）", " 开放", "（法定节假日除外）"]),
)
def test_every_style_has_the_same_meaning(
    timetable: tuple[list[int], list[tuple[int, int]]],
    day_style: int,
    span_style: int,
    between: str,
    before: str,
    after: str,
) -> None:
    """However days and spans are written, the week that comes out is the one that went in."""
    days, times = timetable
    if span_style == 4 and not before:
        before = "："  # nobody runs 周一、二 and 六时 together
    written = between.join(SPAN_STYLES[span_style](start, end) for start, end in times)
    text = f"{DAY_STYLES[day_style](days)}{before}{written}{after}"
    found = to_osm(text)
    assert found is not None, text
    expected = [
        (MONDAY + timedelta(days=day, minutes=start), MONDAY + timedelta(days=day, minutes=end))
        for day in days
        for start, end in times
    ]
    assert [
        (begin, end) for begin, end, state in open_spans(found) if state is OpenState.OPEN
    ] == expected
    assert ("PH off" in found) == ("节假日" in after)
