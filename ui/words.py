"""Every text of the chat page, in Chinese and in English.

>>> WORDS["en"].paragraph.format(number=41)
'para. 41'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from corpus.errors import Language
from corpus.paper import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of one language. What stands in braces is filled in with `str.format`."""

    language: Language
    html_language: str

    title: str
    tagline: str
    switch: str

    login: str
    login_name: str
    login_password: str
    login_enter: str
    login_wrong: str
    login_many: str
    login_broken: str
    logout: str

    greeting: str
    greeting_hint: str
    examples: str
    no_index: str
    index_unfit: str
    programs: str

    question_label: str
    question_placeholder: str
    scope_all: str
    scope_some: str
    scope_reset: str
    compare: str
    compare_hint: str
    ask: str
    clear: str
    conversation: str
    you: str
    completed: str
    edit: str
    each_paper: str
    working: str
    unexpected: str
    unexpected_file: str
    unexpected_change: str

    confidence: str
    sources: str
    open_citation: str
    refusal: str
    refusal_hint: str
    nearest: str
    other_passages: str
    open_passage: str
    export: str
    export_one: str
    export_link: str
    export_conversation: str
    copied: str
    related: str
    reopened: str
    reopened_changed: str
    moved: str

    evidence: str
    tabs: str
    evidence_empty: str
    neighbours: str
    section_before: str
    section_after: str
    paper_begins: str
    to_quotation: str
    view_page: str
    view_text: str
    zoom: str
    neighbour_pages: str
    page_before: str
    page_after: str
    page_picture: str
    picture_missing: str
    text_left_out: str
    citation_number: str
    passage_number: str
    event_told: str
    event_gone: str
    citations_of_answer: str
    back: str
    authors_unknown: str
    title_unknown: str
    author_separator: str
    page: str
    pages: str
    page_label: str
    page_labels: str
    paragraph: str
    in_table: str
    in_caption: str
    in_reference: str
    in_footnote: str
    in_front: str
    cited: str
    file: str
    rows_left_out: str
    paper_changed: str

    library: str
    map: str
    timeline: str
    history: str
    history_search: str
    drawing: str
    unexpected_drawing: str

    map_title: str
    map_hint: str
    map_keys: str
    map_again: str
    map_left_out: str
    map_empty: str
    papers_shown: str
    untitled_file: str
    no_section: str
    in_abstract: str
    timeline_title: str
    timeline_hint: str
    timeline_empty: str
    timeline_none_left: str
    ask_event: str
    open_telling: str
    in_year: str
    in_years: str
    months: str
    on_day: str
    until: str

    history_list: str
    today: str
    yesterday: str
    earlier: str
    history_empty: str
    history_none: str
    history_more: str
    no_question: str
    one_answer: str
    answers_count: str
    open_conversation: str
    download: str
    forget: str
    forgotten: str
    remember: str

    library_loading: str
    library_empty: str
    papers_count: str
    choose_all: str
    choose_none: str
    search_one: str
    pages_count: str
    add_papers: str
    update_index: str
    cancel: str
    stopping: str
    state_indexed: str
    state_new: str
    state_changed: str
    state_deleted: str
    state_failed: str
    left_out: str
    added_one: str
    added_next: str
    remove: str
    remove_one: str
    removed_one: str
    removed_next: str
    undo: str
    restore: str
    restore_one: str
    removed_papers: str
    restored_one: str
    replace_one: str

    report: str
    report_of: str
    to_library: str
    report_failed: str
    report_unread: str
    report_changed: str
    report_deleted: str
    report_before: str
    pages_read: str
    pages_text: str
    pages_recognised: str
    pages_unread: str
    pages_furniture: str
    characters_kept: str
    characters: str
    sentences: str
    blocks: str
    doubts: str
    doubts_none: str
    removed: str
    removed_hint: str
    removed_none: str
    tables: str
    tables_hint: str
    tables_none: str
    table_number: str
    table_size: str
    table_caption: str
    table_place: str
    table_lines: str
    table_cells: str
    outline: str
    outline_none: str

    stage_wait: str
    stage_read: str
    stage_embed: str
    stage_write: str
    stage_start: str
    update_done: str
    update_failed: str
    update_broken: str
    update_cancelled: str


_ZH = Words(
    language="zh",
    html_language="zh-CN",
    title="引据",
    tagline="向一组论文提问，答案的每一句都注明出处",
    switch="English",
    login="登录后即可提问",
    login_name="用户名",
    login_password="密码",
    login_enter="登录",
    login_wrong="用户名或密码不对。",
    login_many="失败次数过多，请五分钟后再试。",
    login_broken="密码文件无法读取，请联系管理员。",
    logout="退出登录",
    greeting="想从这些论文里知道什么？",
    greeting_hint="答案只引用论文原文；点句末的编号，就能看到这句话在论文里的位置。论文没有写的，会直接说没有。",
    examples="可以这样问",
    no_index="还没有索引。请在“论文库”中按“更新索引”，完成后即可提问。",
    index_unfit="索引已损坏，或与当前设置不符。请在“论文库”中按“更新索引”重建。",
    programs="供其他程序使用的接口（API）",
    question_label="问题",
    question_placeholder="输入问题，按回车发送",
    scope_all="在全部 {count} 篇论文中查找",
    scope_some="只在 {count} / {all} 篇论文中查找",
    scope_reset="改为全部",
    compare="逐篇对比",
    compare_hint="分别问每一篇论文，答案并排显示",
    ask="提问",
    clear="新对话",
    conversation="对话",
    you="我的问题",
    completed="按“{question}”查找",
    edit="修改",
    each_paper="各篇论文的回答",
    working="正在查找论文……",
    unexpected="出了意外的错误，这个问题没有答成；详情见运行本程序的终端。",
    unexpected_file="{file}：出了意外的错误，没有加入；详情见运行本程序的终端。",
    unexpected_change="出了意外的错误，没有做成；详情见运行本程序的终端。",
    confidence="把握 {percent}%",
    sources="出处",
    open_citation="查看引文 {number}：{paper}",
    refusal="论文库中的论文没有回答这个问题。",
    refusal_hint="下面只是意思最接近的段落，不是答案。",
    nearest="最接近的段落",
    other_passages="其他相关段落（{count}）",
    open_passage="在原文中查看",
    export="引用与导出",
    export_one="复制引文和参考文献",
    export_link="永久链接",
    export_conversation="复制整个对话（Markdown）",
    copied="已复制",
    related="接着可以问",
    reopened="这是保存过的回答，引文与原文仍然一致。",
    reopened_changed="这是保存过的回答。此后有改动或已移除的论文：{files}。",
    moved="这篇论文在回答之后有改动，引文现在位于这里。",
    evidence="出处",
    tabs="右侧各栏",
    evidence_empty="点答案里的编号，这里会显示那句原文和它的上下文。",
    neighbours="原文的前后各节",
    section_before="前一节：{title}",
    section_after="后一节：{title}",
    paper_begins="篇首",
    to_quotation="回到引文",
    view_page="看原页",
    view_text="看文字",
    zoom="放大",
    neighbour_pages="前后各页",
    page_before="前一页：{title}",
    page_after="后一页：{title}",
    page_picture="论文{page}的图像 {quote}",
    picture_missing="这一页无法显示：文件已改动、已移除或无法读取；可以改看文字。",
    text_left_out="……（这一节较长，此处从略）",
    citation_number="引文 {number}",
    passage_number="相关段落 {number}",
    event_told="时间线上的一件事",
    event_gone="画出时间线之后，这篇论文有改动或已移除；请再打开一次“时间线”。",
    citations_of_answer="本答案的引文",
    back="回到回答",
    authors_unknown="作者不详",
    title_unknown="（无题名）",
    author_separator="、",
    page="第{number}页",
    pages="第{number}页",
    page_label="印刷页码 {label}",
    page_labels="印刷页码 {label}",
    paragraph="第{number}段",
    in_table="表格",
    in_caption="图表标题",
    in_reference="参考文献",
    in_footnote="脚注",
    in_front="题名与作者信息",
    cited="句中引用的文献",
    file="文件",
    rows_left_out="（略 {count} 行）",
    paper_changed="这篇论文在回答之后有改动或已移除，这里只能显示当时引用的原文。",
    library="论文库",
    map="图谱",
    timeline="时间线",
    history="历史",
    history_search="在历史对话里查找",
    drawing="正在准备……",
    unexpected_drawing="出了意外的错误，没有画成；详情见运行本程序的终端。",
    map_title="论文地图",
    map_hint="每个点是一段话，意思相近的靠在一起；坐标轴没有含义。点一个点，就问它所在的那段话。",
    map_keys="方向键移到那个方向最近的点，回车提问。",
    map_again="再点一次提问",
    map_left_out="另有 {count} 段没有画出。",
    map_empty="建好索引之后，这里会画出各篇论文的段落。",
    papers_shown="显示哪些论文",
    untitled_file="无标题（{file}）",
    no_section="标题之前",
    in_abstract="摘要",
    timeline_title="时间线",
    timeline_hint="论文里写明日期的事件，共 {count} 件；每件下方的标记打开原文。",
    timeline_empty="论文里没有写明日期的事件。",
    timeline_none_left="所选论文没有写明日期的事件。",
    ask_event="提问：{question}",
    open_telling="打开原文：{title}，{section}",
    in_year="{year}年",
    in_years="{first}—{last}年",
    months="1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    on_day="{month}{day}日",
    until="{first} — {last}",
    history_list="历史对话",
    today="今天",
    yesterday="昨天",
    earlier="更早",
    history_empty="还没有对话；提问之后，对话会保存在这台机器上。",
    history_none="没有包含“{query}”的对话。",
    history_more="共 {found} 段对话，这里是最近的 {shown} 段；要找更早的，请搜索。",
    no_question="（没有提问）",
    one_answer="1 条回答",
    answers_count="{count} 条回答",
    open_conversation="打开对话：{question}",
    download="下载 {form}：{question}",
    forget="删除",
    forgotten="已删除：{question}",
    remember="撤销",
    library_loading="正在读取论文库……",
    library_empty="论文库是空的。请添加 PDF、DOCX、HTML、Markdown 或 TXT 论文，再按“更新索引”。",
    papers_count="共 {count} 篇",
    choose_all="全部选中",
    choose_none="全部不选",
    search_one="提问时查找：{paper}",
    pages_count="{count} 页",
    add_papers="添加论文",
    update_index="更新索引",
    cancel="取消更新",
    stopping="正在取消……",
    state_indexed="已索引",
    state_new="新加入，待更新索引",
    state_changed="有改动，待更新索引",
    state_deleted="文件已移除，待更新索引",
    state_failed="无法读取",
    left_out="未收入的文件（格式不支持，或与另一篇同名）：{files}",
    added_one="已加入：{file}",
    added_next="按“更新索引”之后就可以向新论文提问。",
    remove="移除",
    remove_one="移除：{paper}",
    removed_one="已移除：{file}",
    removed_next="按“更新索引”之后，提问时就不再查找它。",
    undo="撤销",
    restore="放回",
    restore_one="放回：{file}",
    removed_papers="已移除的论文（{count}）",
    restored_one="已放回：{file}",
    replace_one="用上传的替换：{file}",
    report="解析报告",
    report_of="{paper}：解析报告",
    to_library="返回论文库",
    report_failed="这个文件无法读取，没有解析结果。",
    report_unread="这篇论文还没有读入；按“更新索引”之后就有报告。",
    report_changed="文件在上次更新索引之后有改动；以下是改动之前的解析结果。",
    report_deleted="文件已移除；以下是移除之前的解析结果。",
    report_before="以下是上一个可读版本的解析结果。",
    pages_read="页",
    pages_text="直接读出 {count} 页",
    pages_recognised="文字识别（OCR）{count} 页：第 {pages} 页",
    pages_unread="未读出 {count} 页：第 {pages} 页",
    pages_furniture="整页删去 {count} 页：第 {pages} 页",
    characters_kept="{source} 个中保留 {kept} 个（{percent}%），空白不计",
    characters="字符",
    sentences="句子",
    blocks="内容",
    doubts="存疑之处",
    doubts_none="没有",
    removed="删去的行",
    removed_hint="共 {count} 行，# 代表数字",
    removed_none="没有",
    tables="表格",
    tables_hint="共 {count} 张，行数不含表头",
    tables_none="没有",
    table_number="表号",
    table_size="行\u00a0×\u00a0列",
    table_caption="表题",
    table_place="位置",
    table_lines="{lines} 行",
    table_cells="单元格未能分开",
    outline="章节",
    outline_none="没有找到标题",
    stage_wait="等待另一个更新结束",
    stage_read="读取论文",
    stage_embed="计算向量",
    stage_write="写入索引",
    stage_start="准备中",
    update_done="索引已更新：新增 {added}，改动 {changed}，移除 {removed}，未变 {unchanged}；用时 {seconds} 秒",
    update_failed="索引未能更新：{reason}",
    update_broken="出了意外的错误，索引保持原样；详情见运行本程序的终端。",
    update_cancelled="已取消更新，索引保持原样。",
)

_EN = Words(
    language="en",
    html_language="en",
    title="yinju 引据",
    tagline="Ask a set of papers; every sentence of the answer is quoted and located",
    switch="中文",
    login="Log in to ask the papers",
    login_name="Name",
    login_password="Password",
    login_enter="Log in",
    login_wrong="The name or the password is wrong.",
    login_many="Too many failed attempts; try again in five minutes.",
    login_broken="The password file cannot be read; tell whoever runs this server.",
    logout="Log out",
    greeting="What would you like to know from these papers?",
    greeting_hint=(
        "Answers are quoted from the papers word for word: select the number after a sentence to see where it stands. "
        "What the papers do not say is not answered."
    ),
    examples="For example",
    no_index="There is no index yet. Press 'Update index' under 'Library'; you can ask when it is done.",
    index_unfit="The index is damaged or does not fit the settings. Press 'Update index' under 'Library' to rebuild.",
    programs="For other programs: the API",
    question_label="Question",
    question_placeholder="Ask a question, press Enter",
    scope_all="Searching all {count} papers",
    scope_some="Searching {count} of {all} papers",
    scope_reset="Search all",
    compare="Compare papers",
    compare_hint="Ask each paper by itself and show the answers side by side",
    ask="Ask",
    clear="New chat",
    conversation="Conversation",
    you="My question",
    completed="Searched for: {question}",
    edit="Edit",
    each_paper="What each paper says",
    working="Searching the papers …",
    unexpected="Something went wrong and this question was not answered; see the terminal that runs this program.",
    unexpected_file="{file}: something went wrong and it was not added; see the terminal that runs this program.",
    unexpected_change="Something went wrong and nothing was changed; see the terminal that runs this program.",
    confidence="{percent}% confident",
    sources="Sources",
    open_citation="Show citation {number}: {paper}",
    refusal="The papers in the library do not answer this question.",
    refusal_hint="Below are the passages nearest in meaning. They are not an answer.",
    nearest="Nearest passages",
    other_passages="Other related passages ({count})",
    open_passage="Show in the paper",
    export="Cite and export",
    export_one="Copy quotation and reference",
    export_link="Permanent link",
    export_conversation="Copy the whole conversation (Markdown)",
    copied="Copied",
    related="You could ask next",
    reopened="This is a kept answer; its quotations still stand in the papers.",
    reopened_changed="This is a kept answer. Papers changed or removed since: {files}.",
    moved="This paper was changed after the answer; the quotation now stands here.",
    evidence="Evidence",
    tabs="Panels",
    evidence_empty="Select a number in an answer to see that sentence here, in its context.",
    neighbours="The sections before and after",
    section_before="Section before: {title}",
    section_after="Section after: {title}",
    paper_begins="Beginning",
    to_quotation="Back to the quotation",
    view_page="Show the page",
    view_text="Show the text",
    zoom="Enlarge",
    neighbour_pages="The pages before and after",
    page_before="Page before: {title}",
    page_after="Page after: {title}",
    page_picture="Picture of {page} {quote}",
    picture_missing="This page cannot be shown: its file was changed, removed or is broken. Show the text instead.",
    text_left_out="… (a long section, left out here)",
    citation_number="Citation {number}",
    passage_number="Related passage {number}",
    event_told="An event of the timeline",
    event_gone="This paper was changed or removed after the timeline was drawn; open 'Timeline' again.",
    citations_of_answer="Citations of this answer",
    back="Back to the answer",
    authors_unknown="Unknown author",
    title_unknown="(no title)",
    author_separator=", ",
    page="p. {number}",
    pages="pp. {number}",
    page_label="printed page {label}",
    page_labels="printed pages {label}",
    paragraph="para. {number}",
    in_table="table",
    in_caption="caption",
    in_reference="references",
    in_footnote="footnote",
    in_front="title and authors",
    cited="References cited there",
    file="File",
    rows_left_out="({count} rows left out)",
    paper_changed="This paper was changed or removed after the answer; only the text quoted then can be shown.",
    library="Library",
    map="Map",
    timeline="Timeline",
    history="History",
    history_search="Search past conversations",
    drawing="Getting ready …",
    unexpected_drawing="Something went wrong and it was not drawn; see the terminal that runs this program.",
    map_title="Map of the papers",
    map_hint=(
        "Each point is a passage; those of near meaning lie together. The axes mean nothing. "
        "Click a point to ask about its passage."
    ),
    map_keys="Arrow keys move to the nearest point that way, Enter asks.",
    map_again="Tap again to ask",
    map_left_out="{count} more passages are not drawn.",
    map_empty="Once the index is made, the passages of the papers are drawn here.",
    papers_shown="Papers shown",
    untitled_file="Untitled ({file})",
    no_section="Before the first heading",
    in_abstract="Abstract",
    timeline_title="Timeline",
    timeline_hint="{count} events to which the papers give a date. The marks below one open its evidence.",
    timeline_empty="The papers date no events.",
    timeline_none_left="The papers chosen date no events.",
    ask_event="Ask: {question}",
    open_telling="Open the evidence: {title}, {section}",
    in_year="{year}",
    in_years="{first}–{last}",
    months="January February March April May June July August September October November December",
    on_day="{day} {month}",
    until="{first} – {last}",
    history_list="History",
    today="Today",
    yesterday="Yesterday",
    earlier="Earlier",
    history_empty="No conversations yet; once you have asked, they are kept on this machine.",
    history_none="No conversation holds “{query}”.",
    history_more="{found} conversations, of which these are the latest {shown}; search for earlier ones.",
    no_question="(nothing asked)",
    one_answer="1 answer",
    answers_count="{count} answers",
    open_conversation="Open the conversation: {question}",
    download="Download as {form}: {question}",
    forget="Remove",
    forgotten="Removed: {question}",
    remember="Undo",
    library_loading="Looking at the library …",
    library_empty="The library is empty. Add papers as PDF, DOCX, HTML, Markdown or TXT, then press 'Update index'.",
    papers_count="Papers: {count}",
    choose_all="Select all",
    choose_none="Select none",
    search_one="Search in: {paper}",
    pages_count="{count} pp.",
    add_papers="Add papers",
    update_index="Update index",
    cancel="Cancel",
    stopping="Cancelling …",
    state_indexed="indexed",
    state_new="new, needs an update",
    state_changed="changed, needs an update",
    state_deleted="file removed, needs an update",
    state_failed="could not be read",
    left_out="Files not taken in (unknown format, or the same name as another paper): {files}",
    added_one="Added: {file}",
    added_next="Press 'Update index' to make the new papers answer.",
    remove="Remove",
    remove_one="Remove: {paper}",
    removed_one="Removed: {file}",
    removed_next="Press 'Update index' and questions will no longer search it.",
    undo="Undo",
    restore="Put back",
    restore_one="Put back: {file}",
    removed_papers="Removed papers ({count})",
    restored_one="Put back: {file}",
    replace_one="Replace with the uploaded one: {file}",
    report="Parse report",
    report_of="{paper}: parse report",
    to_library="Back to the library",
    report_failed="This file could not be read; there is nothing to report of its text.",
    report_unread="This paper has not been read yet; press 'Update index' and there will be a report.",
    report_changed="The file was changed after the last update of the index; this is how it was read before.",
    report_deleted="The file was removed; this is how it was read before.",
    report_before="This is how the last readable version was read.",
    pages_read="Pages",
    pages_text="{count} from their text",
    pages_recognised="{count} by OCR: p. {pages}",
    pages_unread="{count} unread: p. {pages}",
    pages_furniture="{count} removed altogether: p. {pages}",
    characters_kept="{kept} of {source} kept ({percent}%), white space not counted",
    characters="Characters",
    sentences="Sentences",
    blocks="Contents",
    doubts="Doubtful places",
    doubts_none="None",
    removed="Lines removed",
    removed_hint="{count} in all, # for digits",
    removed_none="None",
    tables="Tables",
    tables_hint="{count} in all, header rows not counted",
    tables_none="None",
    table_number="No.",
    table_size="Rows × columns",
    table_caption="Caption",
    table_place="Place",
    table_lines="lines: {lines}",
    table_cells="cells not told apart",
    outline="Sections",
    outline_none="No headings found",
    stage_wait="Waiting for another update",
    stage_read="Reading papers",
    stage_embed="Computing vectors",
    stage_write="Writing the index",
    stage_start="Getting ready",
    update_done=(
        "Index updated: {added} added, {changed} changed, {removed} removed, {unchanged} unchanged; {seconds} s"
    ),
    update_failed="The index was not updated: {reason}",
    update_broken="Something went wrong and the index stays as it was; see the terminal that runs this program.",
    update_cancelled="The update was cancelled; the index stays as it was.",
)

WORDS: Mapping[Language, Words] = MappingProxyType({"zh": _ZH, "en": _EN})

LANGUAGE_COOKIE = "yj_language"
"""Keeps the language that was chosen on the page, `zh` or `en`, in the browser."""


def preferred(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Language:
    """The language of a page: the one that was chosen before, else what the browser likes best."""
    chosen = cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    return accepted(headers.get("accept-language", ""))


_ZH_BLOCKS: Mapping[Kind, str] = {
    "front": "题名与作者信息", "abstract": "摘要", "heading": "标题", "paragraph": "段落", "caption": "图表题",
    "table": "表行", "figure": "图中文字", "footnote": "脚注", "reference": "参考文献", "back": "文末信息",
    "stray": "他文残段",
}  # fmt: skip
_EN_BLOCKS: Mapping[Kind, str] = {
    "front": "front matter", "abstract": "abstract", "heading": "headings", "paragraph": "paragraphs",
    "caption": "captions", "table": "table rows", "figure": "figure labels", "footnote": "footnotes",
    "reference": "references", "back": "back matter", "stray": "strays",
}  # fmt: skip
BLOCKS: Mapping[Language, Mapping[Kind, str]] = MappingProxyType(
    {"zh": MappingProxyType(_ZH_BLOCKS), "en": MappingProxyType(_EN_BLOCKS)}
)
"""What a kind of block is called beside its count."""


def accepted(header: str) -> Language:
    """The language that an `Accept-Language` header (RFC 9110, 12.5.4) likes best; Chinese where it names neither.

    >>> accepted("fr, en-GB;q=0.8, zh;q=0.5")
    'en'
    """
    named: list[tuple[float, Language]] = [(0.0, "zh")]
    for part in header.lower().split(","):
        name, _, quality = part.partition(";")
        weight = re.fullmatch(r"\s*(?:q\s*=\s*([01](?:\.\d*)?)\s*)?", quality)
        language = name.strip().partition("-")[0]
        if weight and language in ("zh", "en"):
            named.append((float(weight[1] or 1.0), "en" if language == "en" else "zh"))
    return max(named, key=lambda liking: liking[0])[1]  # of equals the first
