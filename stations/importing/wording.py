"""The wording of what an import says: key -> English and Chinese. `messages` fills it in."""

from __future__ import annotations

from typing import Final

OF_ROWS: Final[dict[str, tuple[str, str]]] = {
    # rejected
    "no_name": (
        "no name, so it is not known which station this is",
        "没有站点名称，无法确定是哪个站点",
    ),
    "bad_id": (
        "the code {word} may hold only letters, digits, Chinese characters and . _ : -, at most 80",
        "编码 {word} 只能包含字母、数字、汉字和 . _ : -，最多 80 个字符",
    ),
    "duplicate_id": (
        "the code {word} stands in row {first} already",
        "编码 {word} 与第 {first} 行重复",
    ),
    "duplicate_place": (
        (
            "the same name and address stand in row {first} already; without a code they are one "
            "station"
        ),
        "名称和地址与第 {first} 行相同；没有编码时视为同一个站点",
    ),
    "retired_id": (
        (
            "the code {word} belonged to a station that was removed and is never used again; "
            "give a new one"
        ),
        "编码 {word} 属于已删除的站点，不能再使用；请换一个新编码",
    ),
    "several_matches": (
        "the registry has several stations of this name and address ({word}); give the code",
        "登记册中有多个同名同址的站点（{word}）；请填写编码",
    ),
    "swapped": (
        "longitude and latitude look swapped: {word}",
        "经度和纬度似乎颠倒了：{word}",
    ),
    "swapped_metres": (
        "easting and northing look swapped for {datum}: {word}",
        "按 {datum}，东坐标和北坐标似乎颠倒了：{word}",
    ),
    "bad_position": (
        "{column}: {word} is no coordinate; write decimal degrees such as 113.65",
        "{column}：{word} 不是坐标；请填写十进制度数，例如 113.65",
    ),
    "out_of_world": (
        "the position {word} does not lie on Earth",
        "坐标 {word} 不在地球范围内",
    ),
    "out_of_crs": (
        "the position {word} lies outside the area of {datum}; is the coordinate system right?",
        "坐标 {word} 超出 {datum} 的适用范围；坐标系是否正确？",
    ),
    "row_datum": (
        "the coordinate system {word} is unknown; use wgs84, gcj02, bd09, cgcs2000 or an EPSG code",
        "坐标系 {word} 无法识别；请使用 wgs84、gcj02、bd09、cgcs2000 或 EPSG 代码",
    ),
    "row_no_datum": (
        "this row does not say its coordinate system and none was given for the file",
        "本行没有注明坐标系，也没有为整个文件指定坐标系",
    ),
    "not_a_point": (
        (
            "a {word} stands where a point belongs; make points of it first "
            "(in QGIS: Vector > Geometry Tools > Centroids or Point on Surface)"
        ),
        "这里应为点，却是 {word}；请先转换成点（QGIS：矢量 > 几何工具 > 质心或面内点）",
    ),
    "too_many_cells": (
        (
            "the row has {count} cells under {width} headers; a comma inside a cell may lack its "
            "quotation marks"
        ),
        "本行有 {count} 个单元格，而表头只有 {width} 列；单元格内的逗号可能缺少引号",
    ),
    "bad_record": ("{word}", "记录不符合要求：{word}"),
    # warnings
    "same_place": (
        (
            "the registry has a station of this name and address under the code {word}; "
            "is it the same one?"
        ),
        "登记册中已有同名同址的站点，编码为 {word}；是否为同一站点？",
    ),
    "no_position": (
        "no position; the station will not be on the map",
        "没有坐标，站点不会显示在地图上",
    ),
    "zero_position": (
        "the position 0, 0 was taken as unknown",
        "坐标 0, 0 按未知处理",
    ),
    "unknown_word": (
        "{column}: {word} is not a known word; the value was not taken",
        "{column}：不认识 {word}，未采用",
    ),
    "bad_value": (
        "{column}: {word} cannot be read as {expected}; the value was not taken",
        "{column}：{word} 无法识别为{expected_zh}，未采用",
    ),
    "too_long": (
        (
            "{column}: the text has {length} characters, at most {limit} are kept; "
            "the value was not taken"
        ),
        "{column}：文字有 {length} 个字符，最多保留 {limit} 个，未采用",
    ),
    "out_of_range": (
        "{column}: {word} is outside what is possible; the value was not taken",
        "{column}：{word} 超出允许范围，未采用",
    ),
    "hours_unread": (
        "{column}: {word} cannot be read as opening hours; kept as text, the hours are unknown",
        "{column}：{word} 无法识别为开放时间；已保留原文，开放时间按未知处理",
    ),
    "access_unread": (
        "{column}: {word} cannot be read with certainty; kept in the notes",
        "{column}：{word} 无法确定含义，已写入备注",
    ),
    "contradiction": (
        "{word} is stated both as there and as missing; neither was taken",
        "{word} 既写有又写无，两者均未采用",
    ),
    "total_line": (
        "looks like a total or a signature line and was skipped",
        "像是合计或签字行，已跳过",
    ),
    # of the whole file
    "not_listed": (
        "{column}: {count} values were not taken, because {origin} says {word}",
        "{column}：{count} 个值未采用，因为 {origin} 注明为 {word}",
    ),
    "origin_unknown": (
        (
            "{column}: {count} values were not taken, because {origin} does not say clearly "
            "where they come from ({word})"
        ),
        "{column}：{count} 个值未采用，因为 {origin} 没有说明可靠来源（{word}）",
    ),
    "running_number": (
        (
            "{column} is a running number, not a code that stays with a station, and was not "
            "taken; if it does stay, map it: [columns] id = {word}"
        ),
        (
            "{column} 是顺序号，不是固定编码，未采用；如确为固定编码，请在映射文件中写 [columns] "
            "id = {word}"
        ),
    ),
    "repeated_column": (
        "{column} was ignored, because {word} was taken for the same field",
        "{column} 未采用，因为同一字段已取自 {word}",
    ),
    "other_position": (
        "{column} was ignored, because the positions were taken from {word}",
        "{column} 未采用，因为坐标取自 {word}",
    ),
    "half_position": (
        "{column} was ignored: longitude and latitude are needed together",
        "{column} 未采用：经度和纬度必须同时提供",
    ),
    "datum_label": (
        "{column} names {word}, but {datum} was asked for and used",
        "{column} 注明 {word}，但按指定使用了 {datum}",
    ),
    "row_datums_differ": (
        (
            "{count} rows name another coordinate system than {datum} in {column}; "
            "their own word was used"
        ),
        "{count} 行在 {column} 中注明的坐标系与 {datum} 不同，已按各行注明的处理",
    ),
    "private_phone": (
        (
            "{column}: {count} mobile numbers stand beside a contact person and were kept private; "
            "to publish them, map the column: [columns] phone = {word}"
        ),
        (
            "{column}：{count} 个手机号与联系人并列，按个人号码保密；如需公开，请在映射文件中写 "
            "[columns] phone = {word}"
        ),
    ),
    "other_sheets": (
        "only the sheet {word} was read; also filled: {others}. Name one in the mapping: sheet = ",
        "只读取了工作表 {word}；还有数据的工作表：{others}。可在映射文件中用 sheet = 指定",
    ),
    "network_link": (
        "{count} links to other files on the network were not followed",
        "{count} 个网络链接未打开",
    ),
    "unit": (
        "{column}: figures were multiplied by {factor} ({word})",
        "{column}：数值已乘以 {factor}（{word}）",
    ),
}

OF_FILES: Final[dict[str, tuple[str, str]]] = {
    "no_file": ("{file}: there is no such file", "{file}：文件不存在"),
    "unreadable": ("{file} cannot be read: {reason}", "{file} 无法读取：{reason}"),
    "empty_file": ("{file} is empty", "{file} 是空文件"),
    "format": (
        "{file}: files ending in {suffix} are not read; use one of {known}",
        "{file}：不支持 {suffix} 文件；请使用 {known}",
    ),
    "too_large": (
        "{file} has {size} MiB; the limit is {limit} MiB",
        "{file} 有 {size} MiB，超过上限 {limit} MiB",
    ),
    "unpacked_too_large": (
        "{file} would unpack to more than {limit} MiB; that is no honest table",
        "{file} 解压后超过 {limit} MiB，不是正常的表格",
    ),
    "too_many_rows": (
        "{file} has {count} rows; the limit is {limit}",
        "{file} 有 {count} 行，超过上限 {limit} 行",
    ),
    "too_many_cells": (
        (
            "{file} spans {count} cells, because something stands far to the right or far below; "
            "the limit is {limit}. Copy the table to a new sheet"
        ),
        (
            "{file} 占用 {count} 个单元格（最右或最下方有多余内容），超过上限 {limit}；"
            "请把表格复制到新工作表"
        ),
    ),
    "encoding": (
        "{file} is neither UTF-8 nor GB18030 text (byte {at}); save it as CSV UTF-8",
        "{file} 既不是 UTF-8 也不是 GB18030 编码（第 {at} 字节）；请另存为 CSV UTF-8",
    ),
    "not_text": (
        "{file} is no text file but {what}; give it its right ending",
        "{file} 不是文本文件，而是 {what}；请改成正确的扩展名",
    ),
    "csv": (
        "{file}, line {line}: {reason}; a quotation mark may not be closed",
        "{file} 第 {line} 行：{reason}；可能有未闭合的引号",
    ),
    "workbook": (
        "{file} cannot be read as a workbook: {reason}; save it again as .xlsx",
        "{file} 无法作为工作簿读取：{reason}；请重新另存为 .xlsx",
    ),
    "password": (
        "{file} is protected by a password; save a copy without",
        "{file} 有密码保护；请另存一份无密码的文件",
    ),
    "no_sheet": (
        "{file} has no sheet {word}; it has {known}",
        "{file} 没有工作表 {word}；现有：{known}",
    ),
    "no_data": ("{file} holds no table", "{file} 中没有表格"),
    "no_header": (
        (
            "{file}: no header row was recognised; the first row holds {word}. "
            "Name the columns in a mapping file"
        ),
        "{file}：没有识别出表头；第一行是 {word}。请用映射文件指定各列",
    ),
    "archive": (
        "{file} is no whole zip archive: {reason}",
        "{file} 不是完整的压缩包：{reason}",
    ),
    "no_shapefile": (
        "{file} holds no shapefile (.shp)",
        "{file} 中没有 Shapefile（.shp）",
    ),
    "sidecar": (
        "{file}: the shapefile lacks its {suffix} file; keep the parts together, best in one zip",
        "{file}：Shapefile 缺少 {suffix} 文件；请把各部分放在一起，最好打成一个 zip",
    ),
    "several_layers": (
        "{file} has several layers: {known}. Name one in the mapping file: layer = ",
        "{file} 有多个图层：{known}。请在映射文件中用 layer = 指定",
    ),
    "no_layer": (
        "{file} has no layer {word}; it has {known}",
        "{file} 没有图层 {word}；现有：{known}",
    ),
    "not_what_it_says": (
        "{file} is not {what} inside, whatever its name says",
        "{file} 的内容不是 {what}，与扩展名不符",
    ),
    "layer": (
        "{file} cannot be read: {reason}",
        "{file} 无法读取：{reason}",
    ),
    "json": (
        "{file} is not JSON: line {line}, column {column}: {reason}",
        "{file} 不是有效的 JSON：第 {line} 行第 {column} 列：{reason}",
    ),
    "json_cut": (
        (
            "{file} is cut off: the JSON ends at line {line} (byte {at}) in the middle; "
            "fetch the file again"
        ),
        "{file} 不完整：JSON 在第 {line} 行（第 {at} 字节）中断；请重新获取文件",
    ),
    "not_collection": (
        "{file} is JSON but no GeoJSON FeatureCollection: {reason}",
        "{file} 是 JSON，但不是 GeoJSON FeatureCollection：{reason}",
    ),
    "xml": (
        "{file} is not readable KML: {reason}",
        "{file} 不是可读的 KML：{reason}",
    ),
    "doctype": (
        "{file} declares a DOCTYPE, which KML does not need and an import does not read",
        "{file} 含有 DOCTYPE 声明，KML 不需要，不予读取",
    ),
    "no_datum": (
        (
            "the datum must be given: the file does not say in which coordinate system {column} "
            "are. One of wgs84 (GPS, Tianditu), gcj02 (Amap, Tencent), bd09 (Baidu), cgcs2000 or "
            "an EPSG code such as EPSG:4547"
        ),
        (
            "必须指定坐标系：文件没有说明 {column} 用的是哪个坐标系。可选 wgs84（GPS、天地图）、"
            "gcj02（高德、腾讯）、bd09（百度）、cgcs2000，或 EPSG 代码，例如 EPSG:4547"
        ),
    ),
    "several_datums": (
        (
            "the file has positions in several coordinate systems ({known}); the datum must be "
            "given to say which to use"
        ),
        "文件中有多种坐标系的坐标（{known}）；请指定使用哪一种",
    ),
    "datum_conflict": (
        (
            "{datum} was asked for, but the file says its positions are {known}; "
            "leave the datum out, or map the columns"
        ),
        "指定了 {datum}，但文件注明坐标为 {known}；请不要指定坐标系，或在映射文件中指定坐标列",
    ),
    "projected_conflict": (
        (
            "the layer is in {known}, a projected system, so it cannot be {datum} as well; "
            "leave the datum out"
        ),
        "图层使用投影坐标系 {known}，不可能同时是 {datum}；请不要指定坐标系",
    ),
    "crs_link": (
        "{file}: its crs is a link, which is not followed; name the datum",
        "{file}：crs 是链接，不会打开；请指定坐标系",
    ),
    "datum": ("{reason}", "坐标系无法识别：{reason}"),
    "mapping_toml": (
        "{file} is not TOML: {reason}",
        "{file} 不是有效的 TOML：{reason}",
    ),
    "mapping_key": (
        "{file}: {place} has no key {word}; it may have {known}",
        "{file}：{place} 中没有 {word} 这个键；可用：{known}",
    ),
    "mapping_value": (
        "{file}: {place} must be {expected}, not {word}",
        "{file}：{place} 应为 {expected}，而不是 {word}",
    ),
    "mapping_column": (
        "{file}: {place} names the column {word}, which is not there; there are {known}",
        "{file}：{place} 指定的列 {word} 不存在；现有：{known}",
    ),
}

EXPECTED_ZH: Final = {
    "a date": "日期",
    "a whole date with its day": "完整日期（缺日）",
    "a number": "数字",
    "a whole number": "整数",
    "a district code of six digits": "六位行政区划代码",
    "a district name": "区县名称",
    "yes or no": "“是/否”或“有/无”",
    "one to five stars": "一至五星",
    "a telephone number": "电话号码",
    "opening hours": "开放时间",
}
