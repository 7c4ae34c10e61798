"""Every paper's outline, tables and facts are those that a person reads in its file; all else stays unknown."""

from __future__ import annotations

from itertools import product

import pytest

from corpus.blocks.headings import may_follow
from corpus.facts import Facts, read_facts
from corpus.paper import Paper
from corpus.raw import RawText
from corpus.read import parse, read_data
from corpus.structure import Body
from tests.conftest import five_papers

BY_ID = five_papers()

OUTLINES = {
    "chen": """
一、引言
二、美国国家制造创新网络战略的背景
 （一）产业空心化导致美国制造和出口大幅下降
 （二）美国在全球制造业创新领域的领军地位面临挑战
三、美国国家制造创新网络战略的发展过程、运作模式及成效
 （一）美国国家制造创新网络战略的发展过程
  1. 从国家创新战略到国家制造创新网络计划
  2. 从先进制造业的创新战略（NNMI）到制造业 USA 的技术创新战略
 （二）美国“国家制造创新网络”运作模式
 （三）美国“国家制造创新网络”战略的成效
  1. 美国制造业缓慢复苏
  2. 制造创新网络大幅扩展，促进了制造业技术开发与转让
  3. 完备了制造业创新生态系统，提升了创新效果，推动了创新成果的转变
  4. 推动了先进制造业劳动力的发展
四、美国“国家制造创新网络”战略对我国制造业发展的启示
 （一）明确政府在国家技术创新中的作用，在国家层面构建先进制造业创新网络
 （二）充分积聚和整合产学研资源
 （三）发挥中小企业在制造业创新中的重要作用
 （四）鼓励和加大企业技术创新投入力度
 （五）注重创新人才培养
参考文献
""",
    "shi-wang-zhang": """
1 美国发布新版《国家先进制造业战略》
 1.1 开发和实施先进制造技术
 1.2 促进先进制造业劳动力发展
 1.3 提升制造业供应链弹性
2 美国国家标准与技术研究院支持制定跨行业制造技术路线图
 2.1 微电子领域
 2.2 供应链弹性领域
 2.3 未来工业领域
 2.4 重振传统制造工业领域
3 发挥美国制造业创新网络的作用
 3.1 美国制造业创新网络确保美国先进制造业保持全球领先地位
 3.2 美国制造业创新网络推动本国先进制造业技术进步
 3.3 美国制造业创新网络促进美国先进制造业劳动力就业
 3.4 美国制造业创新网络促进先进制造业创新生态系统构建
4 启示与建议
""",
    "sun-luo": """
1 美国智能制造的政策要点
 1.1 政府发挥全方位引领作用,强化高端产业布局
 1.2 培育创新生态系统,共享智能制造资源
 1.3 完善人才培养体系，加快发展先进制造业劳动力的步伐
 1.4 推动科技体制变革，创新资源配置方式
2 美国智能制造的典型实践
 2.1 制造业创新研究所的实施方案及效果
 2.2 制造业拓展伙伴计划的实施方案及效果
3 美国智能制造的主要经验
 3.1 完善顶层设计，构建创新生态系统
 3.2 重视中小企业参与，扶持中小企业发展
 3.3 提升职业教育地位，保证多层次人才供给
4 美国智能制造实践对推进我国智能制造政策的启示
 4.1 加强政府的引领作用，完善智能制造顶层设计
 4.2 培育智能制造生态系统，扶植中小企业发展
 4.3 增强自主创新能力，推动关键性技术的发现与商业化进程
 4.4 深化开放合作，促进知识的共享与融合
 4.5 改革考核评估体系，优化创新资源配置
 4.6 完善教育与培训体系，强化智能制造人才培养机制
参考文献
""",
    "wang-yu-liu": """
1 美国创新周期缺口及其主要应对措施
 1.1 美国主流创新模式造成了创新周期缺口
 1.2 金融危机后美国高度关注制造业体系重构
2 美国国家制造业生态面临严峻的挑战
 2.1 美国创新周期在基础研究阶段之后整体呈现技术外流趋势
 2.2 美国产业公地丧失影响制造业创新生态系统能力
 2.3 美国市场调控失衡政府宏观调控乏力
3 美国重塑国家制造业生态的关键措施
 3.1 制订“国家制造业计划”，重建美国制造业生态系统
 3.2 恢复产业公地，让美国制造业重获硬件创新能力
 3.3 发展智能制造技术以及新兴和颠覆性行业
4 对我国制造业创新发展的启示
""",
    "zhang": """
1 建设背景
 1.1 发展和演变
 1.2 愿景和目标
2 管理和组织模式
 2.1 战略布局
 2.2 协调机制
 2.3 经费来源
 2.4 治理模式
 2.5 项目运作
 2.6 知识产权管理
 2.7 考核评价
 2.8 对中小企业支持
3 取得成效
 3.1 良好的制造业创新生态正在形成
 3.2 带动向先进制造的投资
 3.3 促进技术研发和产业技术进步
 3.4 培养满足先进制造需要的劳动力
 3.5 促进了各方协作
4 启示
""",
}
"""Read off the files by eye; a space at the start of a line is a level."""

FACTS: dict[str, dict[str, object]] = {
    "chen": {
        "title": "美国“国家制造创新网络”战略及其对中国制造业发展的启示",
        "authors": ("陈琳",),
        "year": 2019,
        "doi": "10.6914/TPSS.201906_1(1).0002",
        "journal": "社会科学理论与实践",
        "volume": "1",
        "issue": "1",
        "page_range": "15–22",
        "keywords": ("制造业", "国家制造创新网络", "制造业 USA"),
        "title_en": "The Enlightenment of the US National Networking of Manufacturing Innovation Strategy to the "
        "Development of China's Manufacturing Industry",
        "authors_en": ("Chen Lin",),
    },
    "shi-wang-zhang": {
        "title": "美国拜登政府制造业发展战略措施及启示",
        "authors": ("史冬梅", "王晶", "张景胤"),
        "keywords": (
            "American manufacturing",
            "advanced manufacturing",
            "manufacturing strategy",
            "Biden government",
        ),
        "title_en": "Strategic Measures and Suggestions for Manufacturing Development of Biden Government in the "
        "United States",
        "authors_en": ("SHI Dongmei", "WANG Jing", "ZHANG Jingyin"),
        "affiliations_en": (
            "High Technology Research and Development Center, Ministry of Science and Technology of the People’s "
            "Republic of China, Beijing 100044",
        ),
    },
    "sun-luo": {
        "title": "美国智能制造的发展及启示",
        "authors": ("孙毅", "罗穆雄"),
        "year": 2021,
        "doi": "10.16418/j.issn.1000-3045.20210501002",
        "keywords": ("美国", "智能制造", "制造业", "创新研究所", "制造业拓展伙伴", "政策"),
        "affiliations": ("中国科学院大学 经济与管理学院 北京 100190", "中国科学院大学 中丹学院 北京 100190"),
        "title_en": "Development and Enlightenment of American Intelligent Manufacturing",
        "authors_en": ("SUN Yi", "LUO Muxiong"),
        "affiliations_en": (
            "School of Economics and Management, University of Chinese Academy of Sciences, Beijing 100190, China",
            "Sino-Danish College, University of Chinese Academy of Sciences, Beijing 100190, China",
        ),
    },
    "wang-yu-liu": {
        "title": "美国持续强化先进制造创新生态重塑对我国的启示",
        "authors": ("WANG Li", "YU Jie-ping", "LIU Xi-wen"),
        "keywords": (
            "American manufacturing",
            "cycle of innovation",
            "R&D death valley",
            "manufacturing innovation",
        ),
        "affiliations": ("中国科学院文献情报中心，北京 100190",),  # the second one's line is not in the file
        "title_en": "Inspiration of the Continuous Reclaiming America’s Advanced Manufacturing Innovation Ecosystem",
        "authors_en": ("WANG Li", "YU Jie-ping", "LIU Xi-wen"),
        "affiliations_en": (
            "National Science Library, Chinese Academy of Sciences, Beijing 100190",
            "School of Economics and Management, University of Chinese Academy of Sciences, Beijing 100049",
        ),
    },
    "zhang": {"title": "美国国家制造业创新网络建设及管理模式", "authors": ("张华胜",)},
}
ABSTRACTS = {
    "chen": (
        "美国“国家制造创新网络”战略是牵动美国“再工业化”战略的", "得出对我国制造业发展的启示。",
        "The National Networking of Manufacturing Innovation strategy is",
        "development of China's manufacturing industry.",
    ),
    "shi-wang-zhang": (
        "受新冠疫情影响，美国制造业发展呈现衰退趋势，", "并据此提出相关建议。",
        "Under the influence of the COVID-19, the manufacturing", "innovation to the manufacturing industry.",
    ),
    "sun-luo": (
        "随着新一轮科技革命和产业变革的兴起，", "强化智能制造人才培养机制。",
        "With the coming of technological and industrial revolution,",
        "training mechanism of intelligent manufacturing talents.",
    ),
    "wang-yu-liu": (
        "近年来美国对其“制造创新生态”存在的问题和挑战", "对加强中国制造业创新提出了相关建议。",
        "Problems and challenges of America’s manufacturing", "on strengthening China’s manufacturing innovation.",
    ),
    "zhang": ("为促进制造业繁荣发展，2012 年美国政府启动了", "以期为我国技术创新基地建设提供借鉴与启示。", "", ""),
}  # fmt: skip
"""How the Chinese abstract begins and ends, and the English one; zhang's file has none."""
TABLES = {
    "chen": "",
    "shi-wang-zhang": """
表1 美国政府多部门协调合作以及各部门对NSAM战略目标的潜在贡献
表2 开发和实施先进制造技术的特定技术目标及具体建议
表3 促进先进制造业劳动力发展的目标及具体建议
表4 建立制造业供应链及生态系统弹性的目标及具体建议
表5 MFGTech- 微电子领域资助项目
表6 MFGTech- 供应链弹性领域资助项目
表7 MFGTech- 未来工业领域资助项目
表8 MFGTech- 重振传统制造工业领域资助项目
表9 美国制造业创新网络联邦机构、研究所及成员数量 [7]
""",
    "sun-luo": """
表1 美国 16 个制造业创新中心简介
表2 2015—2019 年美国制造业创新研究所产生效果
表3 2016—2020 年美国制造业拓展伙伴计划产生效果
""",
    "wang-yu-liu": "",
    "zhang": """
表1 美国制造业创新中心一览
表2 先进复合材料制造创新中心会员资格一览表
表3 美国制造业创新网络定量评价指标与战略目标的关系
表4 美国国家制造业创新网络绩效定量评价结果
""",
}
"""Number and caption. What they hold is in test_tables."""

UNKNOWN: dict[str, object] = {
    "title": None, "authors": (), "year": None, "doi": None, "journal": None, "volume": None, "issue": None,
    "page_range": None, "keywords": (), "language": "zh", "affiliations": (), "title_en": None, "authors_en": (),
    "affiliations_en": (),
}  # fmt: skip


def outline(drawn: str) -> list[tuple[str, int]]:
    """The titles and levels of an outline drawn with a space a level."""
    lines = drawn.strip("\n").splitlines()
    return [(line.strip(), 1 + len(line) - len(line.lstrip())) for line in lines]


def read(text: str) -> tuple[Body, Facts]:
    """A text as it is read from a file."""
    raw = RawText(text)
    clean, tabulated, body = parse(raw)
    return body, read_facts(tabulated.drafts, clean.labels)


@pytest.mark.parametrize("paper_id", OUTLINES)
def test_the_sections_are_those_of_the_paper(paper_id: str) -> None:
    assert [(s.title, s.level) for s in BY_ID[paper_id].sections] == outline(OUTLINES[paper_id])


@pytest.mark.parametrize("paper_id", TABLES)
def test_the_tables_are_those_of_the_paper(paper_id: str) -> None:
    told = [f"{table.number} {table.caption}" for table in BY_ID[paper_id].tables]
    assert told == TABLES[paper_id].strip().splitlines()


@pytest.mark.parametrize("paper_id", FACTS)
def test_the_facts_are_those_that_the_paper_and_papers_toml_state(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    assert {name: getattr(paper, name) for name in UNKNOWN} == {**UNKNOWN, **FACTS[paper_id]}


@pytest.mark.parametrize("paper_id", ABSTRACTS)
def test_the_abstracts_are_told_in_both_languages_without_their_labels(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    first, last, first_en, last_en = ABSTRACTS[paper_id]
    assert paper.abstract is not None
    assert paper.text[slice(*paper.abstract)].startswith(first)
    assert paper.text[slice(*paper.abstract)].endswith(last)
    assert (paper.abstract_en is None) == (first_en == "")
    if paper.abstract_en is not None:
        assert paper.text[slice(*paper.abstract_en)].startswith(first_en)
        assert paper.text[slice(*paper.abstract_en)].endswith(last_en)


def first_and_last(paper: Paper, title: str) -> tuple[str, str]:
    """The first sentence under a heading, and the last."""
    section = next(s for s in paper.sections if s.title == title)
    inside = [s for s in paper.sentences if section.start <= s.start < section.end]
    return paper.text[inside[1].start : inside[1].end], paper.text[inside[-1].start : inside[-1].end]


@pytest.mark.parametrize(
    ("paper_id", "title", "first", "last"),
    [
        (
            "zhang",
            "3.2 带动向先进制造的投资",
            "2017 财年，美国制造业创新网络总支出为 2.985 亿美元，其他来源的资金达到 1.778 亿美元，超过了联邦政府 "
            "1.207 亿美元的投资，资金配套率达 1.5∶1，超过计划设计之初的 1∶1 的配套率。",
            "由于各州政府认识到先进制造业对区域经济、当地社区未来发展的重要性，也向创新中心投入近 4 亿美元。",
        ),
        (
            "zhang",
            "4 启示",
            "美国国家制造业创新网络从建设之初就受到来自各方面的争议。",
            "在资源的配置上，创新基地应更加强调相互协作和资源共享。",
        ),
        (
            "wang-yu-liu",
            "4 对我国制造业创新发展的启示",
            "（1）发挥制造业引导创新的优势，加强技术驱动创新的投入。",
            "此外，我国需要继续加强国际合作，深度融入新兴制造业的国际生态环境，从标准制定、供应链合作、工艺技术开发等各环"
            "节深入，成为制造业生态密不可分的组成部分，才能使我国在先进制造领域或外交谈判中保持领先地位、掌握话语权。",
        ),
        (
            "chen",
            "（五）注重创新人才培养",
            "和传统的制造业相比，先进制造业的发展主要依靠创新型人才。",
            "所以，要发展先进制造业，我国也需要从根本上改善创新环境，要重视创新型人才队伍建设，改革工程教育人才培养模式，"
            "创新高校与行业企业联合培养人才的机制，积极培育制造业的创新文化。",
        ),
        (
            "chen",
            "参考文献",
            "[1] 中国电子信息产业发展研究院.美国制造创新研究院解读 [M].电子工业出版社,2018.",
            "[8]朱焕焕, 陈志.从“国家制造业创新网络”到“美国制造”——美国制造业战略的延续与变化. [J].全球科技经济瞭望.2019"
            "(2):1-6",
        ),
    ],
)
def test_a_section_holds_its_own_text_and_not_the_notes_behind_the_body(
    paper_id: str, title: str, first: str, last: str
) -> None:
    assert first_and_last(BY_ID[paper_id], title) == (first, last)


def test_a_float_stands_under_the_heading_that_it_belongs_to() -> None:
    paper = BY_ID["shi-wang-zhang"]
    at = paper.text.index("清洁能源制造技术改进")
    assert [s.title for s in paper.section_path(at)] == [
        "1 美国发布新版《国家先进制造业战略》",
        "1.1 开发和实施先进制造技术",
    ]


FRONT = "智能制造的发展研究\n张三1，李四2\n（1. 某某大学，北京 100190；2. 某某研究院，上海 200000）\n"
PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"


def test_an_indented_paragraph_is_no_part_of_the_heading_above_it() -> None:
    body, facts = read(f"{FRONT}摘　要：{PROSE}\n一、引言\n　　{PROSE}\n（一）现状\n　　{PROSE}\n")
    assert [s.title for s in body.sections] == ["一、引言", "（一）现状"]
    assert (facts.title, facts.authors) == ("智能制造的发展研究", ("张三", "李四"))


def test_an_english_abstract_in_front_does_not_end_the_paper() -> None:
    text = (
        f"{FRONT}【摘　要】{PROSE}\n【关键词】智能制造；制造业 USA\nSmart Manufacturing Studied\nZHANG San, LI Si\n"
        f"Abstract: This paper studies manufacturing. It is short.\nKey words: smart manufacturing; policy\n"
        f"1 引言\n{PROSE}\n作者简介：张三，男，教授。\n1.1 现状\n{PROSE}\n2 结论\n{PROSE}\n"
        f"参考文献：\n[1]张三. 智能制造[J].\n"
    )
    body, facts = read(text)
    kinds = {body.text[b.start : b.end]: b.kind for b in body.blocks}
    assert [(s.title, s.level) for s in body.sections] == [
        ("1 引言", 1), ("1.1 现状", 2), ("2 结论", 1), ("参考文献：", 1),
    ]  # fmt: skip
    assert kinds[PROSE] == "paragraph"
    assert kinds["[1]张三. 智能制造[J]."] == "reference"
    assert kinds["Abstract: This paper studies manufacturing. It is short."] == "abstract"
    assert facts.keywords == ("智能制造", "制造业 USA")
    paper = read_data(text.encode(), "甲.txt", {})
    assert (paper.title_en, paper.authors_en) == ("Smart Manufacturing Studied", ("ZHANG San", "LI Si"))
    assert paper.affiliations == ("某某大学，北京 100190", "某某研究院，上海 200000")
    assert [paper.text[slice(*span)] for span in (paper.abstract, paper.abstract_en) if span] == [
        PROSE, "This paper studies manufacturing. It is short.",
    ]  # fmt: skip


def test_an_affiliation_whose_end_is_not_on_its_line_is_left_out() -> None:
    text = f"智能制造的发展研究\n张三1\n1. 某某大学，北京 100190 2. 某某研究\n摘要：{PROSE}\n一、引言\n{PROSE}\n"
    assert read_data(text.encode(), "甲.txt", {}).affiliations == ("某某大学，北京 100190",)


@pytest.mark.parametrize(
    "block",
    [
        "Abstract: It is studied.",
        "Smart Manufacturing Studied\nAbstract: It is studied.",
        "Received: 2019-05-15 in Beijing\nZHANG San\nAbstract: It is studied.",
        "Smart Manufacturing Studied in Depth\nA study of the firms of the north and of the south\nAbstract: It is.",
    ],
)
def test_an_english_title_without_authors_under_it_is_not_guessed(block: str) -> None:
    paper = read_data(f"{FRONT}摘要：{PROSE}\n一、引言\n{PROSE}\n作者简介：张三。\n{block}\n".encode(), "甲.txt", {})
    assert (paper.title_en, paper.affiliations_en) == (None, ())


def test_a_table_of_contents_is_no_outline() -> None:
    chapters = "第一章 总则\n第二章 数据安全\n第三章 附则\n"
    body, _ = read("数据安全法\n目录\n" + chapters + "".join(f"{c}\n第{n}条 {PROSE}\n" for n, c in zip(
        "一二三", chapters.split("\n"), strict=False
    )))  # fmt: skip
    assert [s.title for s in body.sections] == ["第一章 总则", "第二章 数据安全", "第三章 附则"]
    assert body.text.index("第一章") < body.sections[0].start


def test_entries_of_a_table_of_contents_are_known_with_their_dots_and_page_numbers() -> None:
    body, _ = read(f"智能制造的发展研究\n目录\n1 引言 …… 1\n2 现状......3\n1 引言\n{PROSE}\n2 现状\n{PROSE}\n")
    assert [(s.title, s.level) for s in body.sections] == [("1 引言", 1), ("2 现状", 1)]
    assert [b.kind for b in body.blocks] == ["front"] * 4 + ["heading", "paragraph"] * 2


@pytest.mark.parametrize(
    ("last", "following"),
    [
        ((), ["1"]),
        ((1,), ["1", "1.1", "2", "2.1"]),
        ((1, 2), ["1", "1.2.1", "1.3", "1.4", "2", "2.1"]),  # 1.4: a line may have been misread
        ((2, 1, 3), ["1", "2.1.3.1", "2.1.4", "2.1.5", "2.2", "2.3", "3", "3.1"]),
    ],
)
def test_which_heading_number_may_follow_which(last: tuple[int, ...], following: list[str]) -> None:
    numbers = (number for length in range(1, 5) for number in product(range(1, 7), repeat=length))
    found = sorted(number for number in numbers if may_follow(last, number))
    assert [".".join(map(str, number)) for number in found] == following


def test_an_appendix_behind_the_references_is_a_section_of_its_own() -> None:
    body, _ = read(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}\n参考文献\n[1] 张三. 智能制造[J].\n附录 A 问卷\n{PROSE}\n")
    assert [s.title for s in body.sections] == ["1 引言", "参考文献", "附录 A 问卷"]
    assert (body.blocks[-1].kind, body.text.count("[1] 张三. 智能制造[J].\n")) == ("paragraph", 1)


def test_what_a_text_does_not_say_stays_unknown() -> None:
    _, facts = read(f"{PROSE}\n{PROSE}\n")
    assert facts == Facts()
