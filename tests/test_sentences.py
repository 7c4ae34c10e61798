"""Sentences stand in a paper as its author wrote them: whole, over line and page breaks, around what interrupts them.

The sentences were copied from the files by hand and their line breaks repaired; a blank line parts two of them.
"""

from __future__ import annotations

import re

import pytest

from corpus.draft import Draft
from corpus.library import Library
from corpus.paper import Paper
from corpus.raw import RawText
from corpus.read import parse
from corpus.structure import Body, build_body
from corpus.traced import Traced
from tests.conftest import PAPERS

LIBRARY = Library(PAPERS)
BY_ID = {paper_id: LIBRARY.read(path) for paper_id, path in LIBRARY.files().items()}

SENTENCES = {
    "chen": """
美国“国家制造创新网络”战略是牵动美国“再工业化”战略的重要发展计划。

2011 年，总统科技顾问委员会将《确保美国在先进制造业的领导地位》报告呈递国会，该报告是促使国会决定实行“先进制造业伙伴
计划”以及“国家制造创新网络”的重要因素。

2015 年 5 月 8 日，国务院发布“中国制造 2025”行动纲领，阐明了创新驱动是确保国家制造业得以获得竞争优势的关键指导思想之
一，确定了中国制造业创新驱动发展的重要性。

根据统计资料，在 2011 年，美国国内 19 个核心制造行业中有 11 个制造行业的产值小于 2000 年的产值。

此后，2012 年的科学技术咨询委员会报告表明，即使美国依然拥有基础科学以及发明的明显优势，但是整体创新生命周期的发展速
度逐渐放缓，在创新时期、制造规模以及商业化的时期尤其如此。

依照总统科学技术咨询委员会的提议，美国把发展先进制造业纳入到了强化国家经济实力、维护国家安全、保障全球核心竞争力的关
键战略工作中，陆续出台了《重振美国制造业框架》以及《制造业促进法案》，并且实行了“先进制造伙伴计划”以及“先进制造业国
家战略计划”，并由美国总统带领国防部、能源部、商务部、国家科学基金会和国家航空航天局共同启动国家制造创新网络（
National Networking of Manufacturing Innovation，简称 NNMI）。

该报告是之后的美国制造业核心基础，促进了总统执行“先进制造伙伴”（AMP，Advanced Manufacturing Partnership）计划。

2012 年 8 月，首家制造业创新研究所——国家增材制造创新研究所在俄亥俄州扬斯敦成立，随后又陆续成立了数字制造和设计创新研
究所、轻量和现代金属制造研究所、下一代电力电子制造创新研究所、先进复合材料制造创新研究所、美国制造集成光子研究所、美
国柔性混合电子制造研究所等机构。

国会在 2014 年 12 月 16 日也做出响应，国家制造创新网络（National Networking of Manufacturing Innovation, NNMI）正式
成为法定计划，明确将 NNMI 项目写入国家创新战略。

2016年9月，NNMI被改名成Manufacturing USA（制造业USA），制造业USA创新计划的重点是将技术创新转变成商业收益，其关键点是
实现商业转化，而非技术创新。

和“国家制造创新网络”相比，“制造业USA”更具特色：其一，更加重视利用创新完成本土化制造的目的；其二，研究院的建设以及领
域的选取更为重视适应军民融合等关键性战略的需要；其三，和产业创新有关的关键战略和规划的技术路线更为重视由下至上；其四，
把科研机构作为平台，建设创业创新环境。

以国家创新战略来指导先进制造业创新战略形成国家制造业创新网络（NNMI）计划，再到制造业USA技术创新战略，是美国实现制造
业复苏和发展的重点措施，充分体现了—个系统工程的落地实践过程。

创新研究院是推动国家执行制造创新网络计划的关键角色，其主要引领者通常是非营利机构，其参与者包含了政府、学术界以及商业
界，这三者共同承担建设和运营工作。

研究所的实质是为创新网络计划提供技术平台，其核心功能是快速推进先进制造技术成果转变为产业成果，让美国制造业企业能够得
到优秀的先进制造技术，并且推动前沿技术的创新。

通常情况下，政府先行投入七千万至1.2亿美元不等的资金，起引导作用。

在制造业规模方面，美国制造业在2009年到2017年增值实现了慢速上涨，2016年制造业收入为1.91亿美元，该成绩和危机产生之前的
最佳收益已经基本相同。

在制造业比重方面，美国2008年到2007年增值比例终于维持在11.6%至12.3%范围内。

比如，把由零部件设计至产品生产的期限减少了50%，得以让信息发展领域的制造厂商获得有利的竞争力；把汽车或航空航天零件的
自重降低了40%，提升了燃油利用率。

作为国家级别的制造业创新工程，NNMI主要展现了其本身所特有的两种创新层次的网络架构：第一种层次是创新研究院（Innovation
 Manufacturing Institute, IMI）。

第二种层次架构是NNMI网络。

基于创新机构的引导，先进制造、教育和科学技术各个领域都开展了有关的活动，加入到“制造业USA”的劳动力发展活动的人数超过
了19.1万，其中包含了工人、学生以及教育工作者等各类群体。

当前，我国正重点施行“中国制造 2025”，该项目的重要内容是改善核心产业以及先进制造领域的运营，建立多个制造创新中心。

为了激励中小型企业参与其中，创新网络以及创新研究所订立了多个战略计划，包括：提倡和中小型企业紧密相关的伙伴关系，中介
机构提供技术咨询以及定制服务，让中小型公司能够享受到专业设备以及设施的服务，提升产品设计与实验的速度；建设不同级别的
会员结构；为新加入的中小型企业成员提供各项资金补贴等等。

在保障人才输送方面，美国在2014年秋建立了规模为1亿美元的美国学徒奖金竞赛，以此推动新型的学徒模式的建立和发展，并将此
种模式推广到先进制造业等行业当中。

In this paper, the background, development process, operation mode and effectiveness of the strategy of “National
 Networking of Manufacturing Innovation” in the United States are deeply analyzed.

本文对美国“国家制造创新网络”战略提出的背景、发展过程、运作模式和成效进行深入剖析，并在此基础上，结合中国制造业发展的现
状，得出对我国制造业发展的启示。

制造业是一个国家维护自身安全以及实现经济发展的重要手段。

然而，自从 20 世纪 80 年代开始，美国开始实行“去工业化”策略，继而将经济发展的重心快速转移到金融、房地产以及服务业等各个
虚拟经济领域，国内制造业持续流向国外，实体经济持续萎缩，产业空心化现象日益严重。

与此同时，美国倒闭的制造业公司比例达到了 17%，制造业行业中出现了大规模裁员。

美国国家制造创新网络战略是各个环节都紧密相连的一个国家创新战略模型：利用国家创新战略为先进制造业创新战略提供基础和方向
，而先进制造业创新战略又为制造业 USA 的技术创新战略提供基础和方向。

2012 年 2 月，在《美国竞争重新授权法 2010》基础上，美国制定了《先进制造业的国家战略》。

该战略的核心目的是：快速增加先进制造技术的资金投入；增大先进制造业需要的技术工人的供应；创建并且全力支持 PPP 模式的产
学研与先进制造协作，改善政府投入到先进制造领域的资金配置；提高投入到先进制造领域开发工作的来源于政府以及私人的资金投入
。

国家制造业创新网络（NNMI）给出了公有和私有两个经济领域的创新、创新生态系统和先进制造技术创新三者相结合的具体形式，国家
创新战略也在此形式下日趋清晰和完善，从而形成美国国家创新战略的终稿。

在国家创新战略的引领之下，美国国家科技委员会在2016年4月出台了“联邦政府优先技术领域概略”，并且结合当前的情况和将来的发
展预期，列举了14个国家重点扶持的先进制造技术，其中包括5个重点潜力技术领域：先进材料制造；面向先进生物制造的工程生物学
；再生医学的生物制造技术；先进生物产品制造；药物连续制造。

其详情可见图1。

各个领域的群体一同组成了创新生态系统，通过合作的方式应对风险极高的制造业中产生的挑战，并且对生产厂家施以援手，确保其能
够在美国维持以及扩张工业生产，以及让创新成果最后在美国境内转变为产品。

该层次的架构通过PPP形式由政府、学术界以及商业界协作，共同投入资金建立并专注于研发全球最先进的技术以及能力的实体机构。

此类研究所的参与者包含了公司、高校、社区学院、各级政府等有关组织，共同投入资金用于开发共性技术，提高制造业创新速度。

所以，要发展先进制造业，我国也需要从根本上改善创新环境，要重视创新型人才队伍建设，改革工程教育人才培养模式，创新高校与
行业企业联合培养人才的机制，积极培育制造业的创新文化。

Since its implementation in 2012, it has achieved remarkable results and opened up new advantages of manufacturing
 innovation.
""",
    "shi-wang-zhang": """
2021 年拜登就任美国总统后，明确了制造业对于确保美国全球领先经济地位和国家安全的支撑作用，通过一系列举措重振美国制造
业。

近年来，美国制造业呈现衰退趋势，其制造业增加值占国内生产总值（GDP）的比重持续下降，制造业贸易逆差占 GDP 的比重在
 2022 年 6 月升至 5.3%，为 2008 年以来的最高水平 [1]，如图 1 所示。

为了应对全球竞争，拜登政府执政以来积极采取一系列措施，通过技术创新提振美国制造业，包括发布新版《国家先进制造业战略》
（National Strategy for Advanced Manufacturing，以下简称“NSAM 战略”）、制定跨行业制造技术路线图以及发挥美国制造业创
新网络的作用等。

近年来，作为美国传统强项的先进技术产品贸易持续逆差，2022 年贸易逆差高达 1 970 亿美元 [3]。

2022 年 10 月 7 日，在美国国家制造业日之际，美国白宫发布的新一版 NSAM 战略指出，制造业是美国经济实力和国家安全的引擎
 [4]，为美国应对气候危机、创造更多工作机会以及持续发展本国经济提供了动力。

根据 NSAM 战略，美国政府各部门协调合作，为提升美国制造业竞争力（包括先进制造业研发）的联邦计划和活动提供长期指导，如
表 1 所示。

NSAM 战略围绕本目标，设立了 5 个特定技术目标，并针对每个技术目标都确定了一套详细的技术建议（共 18 项建议），并期望在
未来 4 年内取得成果（见表 2）。

尽管美国劳动力成本显著高于其他国家，但美国应用于制造业的先进技术，如 3D 打印、人工智能及大数据等，使美国制造业生产率
保持较高水平，持续吸引外商投资并增加就业机会。

针对“促进先进制造业劳动力发展”的目标，NSAM 战略提出 3 个特定技术目标和 8 条建议（见表 3）。

美国商务部下属机构美国国家标准与技术研究院（NIST）是美国政府唯一专门致力于提高工业竞争力的研究实验室，聚焦于与先进制
造相关的技术研究。

MFGTech 计划面向 4 个领域，包括微电子、供应链弹性、未来工业以及振兴传统产业，为 14 个项目提供了约 400 万美元的资助，
用于支持制定跨行业先进制造技术路线图，如图 2 所示。

此外，MFGTech 计划涉及美国制造业的关键领域，通过确定研发目标及优先级，缩小劳动力技能差距，提升制造业的多样性、公平性
和包容性，并制定加快技术开发和转移的措施，提高美国制造业竞争力 [6]。

MFGTech- 微电子路线图将确定在美国本土建设用于发明、演示、原型制作和生产的基础设施的一些关键步骤（见表 5）。

“推进高混合生产的工业人工智能联盟”项目将建立以美国为基地的工业人工智能（AI）联盟，以打破高混合生产①中的高优先级技术
壁垒。

该路线图将开发新的产品模式，如 mRNA 疫苗、细胞和基因疗法，以更快地部署治疗方法，加强美国对流行病的应对能力，满足公共
卫生需求。

“通过数字主线①制定加强美国制造业供应链的路线图”项目将通过数字主线提高美国制造业供应链的弹性和能力，使美国制造商提高
运营效率，生产更高质量的产品，及时发现供应链中断和质量问题，并增加收入。

“用于清洁排放的下一代电机和系统”将制定行业驱动的路线图，以确定和解决平台技术中的主要技术障碍，通过创新使经济部门尽快
实现净零排放。

“人工智能增强的全生命周期性能产品的材料和工艺多模态传感”项目将制定技术路线图，在整个产品生命周期内将人工智能 / 机器
学习（ML）工具与传统材料科学和工艺知识相结合，从而为未来制造业提供全新的方法，并增强国家供应链的可见性和响应能力。

美国制造业创新网络是一个公私伙伴关系的国家网络，包括美国商务部、国防部和能源部 3 个部门及其所资助的 16 家制造业创新
研究所，以及其他 6 个美国联邦政府部门——劳工部、教育部、卫生与公众服务部、美国国家航空航天局、美国国家科学基金会和农
业部（见表 9）。

16 家制造业创新研究所共开展了 700 余个高度优先于工业的应用研究和开发项目，并与 2 300 余个组织成员合作执行。

在资金方面，2021 年美国制造业创新网络的 16 家研究所不仅吸引了 1.27 亿美元的基本联邦资金，还吸引了来自各州、联邦（疫
情）和私人基金的 3.54 亿美元资金。

目前，正在进行的研发项目有 708 个，将大幅推动先进制造技术开发。

在 2 320 名成员中，约 2/3 是制造商，其他成员还包括社区学院和主要研究型大学（占 22%），以及州和地方经济发展实体（占
 15%）[7]。

美国国防部资助的数字化制造研究所通过其强大的工业、学术和政府合作伙伴网络，为美国制造业提供联邦资助的项目机会、劳动力
开发工具和 2 043.87 m2 的未来工厂车间创新中心等，推动了美国制造商的数字化转型。

2022 年 7 月，美国能源部资助的网络安全制造创新研究所发布《2022 制造业网络安全路线图》[8]。

计划包括：开发生物制药职业课程；通过定向技术培训储备人才；设立 NIIMBL eXperience，为多元化年轻人群提供大型生物制药制
造商、小型创新公司以及非营利机构的实习机会 [7]。

网络安全制造创新研究所的安全制造架构减少了制造优质零件的时间成本和不确定性，提高了整体运行效率，促进了供应链脱碳，提
高了生产力和利润率。

此外，NSAM 战略和美国制造业创新网络通过加大对美国中小型制造商的支持力度，促进美国本土中小企业成长和发展；美国制造业
创新网络以科研机构为枢纽，链接了政府部门、行业、企业及科研院校，加强了美国本土制造产业链上下游、不同规模的企业以及政
府机构间的沟通与协作，推动中小型企业参与制造业创新并实现了更广泛的资源共享，构建了深度融合的美国制造生态系统并提高了
供应链的弹性。

研判评估中国制造业关键供应链风险，制定中国制造业供应链安全战略，加强相关法律法规的建设，培育具有全球供应链市场竞争力
的龙头企业，加大对制造业细分领域“专精特新”等企业支持力度，发挥其保障中国制造业供应链安全的作用，推动制造业创新生态体
系建设。

Under the influence of the COVID-19, the manufacturing in the United States shows a declining trend, which has an
 impact on the U.S. economy.

This paper analyzes the enlightenment of the relevant strategies and policies of the U.S. manufacturing industry on
 the development of China’s manufacturing industry, and puts forward relevant suggestions around strengthening the
 support of scientific and technological innovation to the manufacturing industry.

中小型制造商占美国制造业企业的 98%，约占美国制造业服务和产品的 50%，通过支持它们将提升美国制造业供应链弹性并加强生态
系统的弹性。

2022 年 4 月，NIST 发布了“先进制造技术路线图”（MFGTech）计划，旨在通过为有前途的先进制造集群制定技术路线图，以及建立
新的或加强现有行业驱动联合体的竞争力，来应对美国先进制造业优先发展挑战 [6]。

该路线图包括制造业发展基础设施、制造业标准路径、劳动力发展以及可持续性、制造业可持续性以及公平的制造业基础设施等方面
的建议。

先进制造技术指制造业不断吸收电子信息、计算机、机械、材料等方面的新技术成果，并将其应用于制造业的产品研发设计和生产等
过程，实现产品以及制造方法的创新 [5]。

NSAM 战略将为美国本土先进制造业的研发和生产等活动提供长期的指导，推动创新实现新的制造方法以及开发新产品；同时，NSAM
 战略将加强美国政府部门之间的协调合作，凝聚国家资源力量，从而提高美国生产力、创造更多就业机会，确保美国经济的持续增长。

通过研究所及其合作伙伴的努力，先进制造业取得较大发展。

①　混合生产：相对于单线型生产而言，是多种产品同时在固定生产线上混合生产运行的模式。

①　数字主线是指利用数字化技术，覆盖产品全寿命周期与全价值链，从基础材料、设计、工艺、制造以及使用维护全部环节，集成
并驱动以统一的模型为核心的产品设计、制造和保障的数字化数据流。

社会资金与美国政府资金 2.8∶1 的投资匹配远远超过了 1∶1 匹配的计划，体现了美国联邦资金的杠杆作用。

人才是实现技术创新和制造业发展的关键，因此，吸引多元化劳动力进入制造业，提高制造业就业质量和就业机会也是拜登政府“重振
美国制造业”的重点目标之一。

“通过数字主线制订加强美国制造业供应链的路线图”项目

2021 财年，约有 90 000 余名美国工人（包括退伍军人和受新冠疫情影响的人群）、学生和教育工作者通过线上和线下的方式参与了
这些研究所主导的劳动力计划。
""",
    "sun-luo": """
随着新一轮科技革命和产业变革的兴起，我国经济正处于经济结构转型的重要战略机遇期。

与长期以来对美国重视虚拟经济、轻视实体经济的认知相反，自2010年至今，美国奥巴马、特朗普和拜登3届政府都将振兴美国制造
业、激发美国制造业创新活力作为保障美国经济领先地位的核心战略，并通过《2014年振兴美国制造业和创新法案》《国家制造业创
新网络》《2021年美国创新和竞争法案》等一系列政策完善了美国智能制造的顶层设计，为美国智能制造提供了政策支持与指导意见。

在政策引导与以数字技术为代表的第四次产业革命的推动下，传统制造业正加速与信息技术融合，不断形成新产品、新流程与新模式。

我国制造业虽然规模较大，但与发达国家相比还有较大差距,大而不强、创新能力弱、对外依存度高、创新体系不完善等问题依旧突
出①。

美国智能制造系列战略上的核心思路虽历经奥巴马、特朗普和拜登3届政府,但迄今为止依然保持不变:①主张建立制造业与创新的联系
,重塑美国工业生态系统;②强化政府对制造业的宏观指导、重视顶层设计;③重视中小企业的发展、发挥大型企业的创新引领作用;④建
立多层次的人才培养机制,重视具备数字化素养的新型技术工人的培养。

在总统科学技术顾问委员会(PCAST)的建议下,美国国会通过了《先进制造业伙伴计划》(Advanced Manufacturing Partnership)和《
振兴美国制造业和创新法案》(Revitalize American Manufacturing and Innovation Act of 2014)。

随后,美国国会于2014年以法案形式确立了《国家制造业创新网络》(National Network for Manufacturing Innovation)②,主张建立
关键领域的研究所来聚合产业界、学术界、联邦及地方政府等多个主体,建立和完善创新生态系统[1]。

2021年6月,美国参议院通过了《2021年美国创新和竞争法案》(United States Innovation and Competition Act of 2021),其中的
拨款方案和《无尽前沿法案》(Endless Frontiers Act)主张美国联邦政府应通过关键领域的公共投资增强美国新技术实力[2]。

同样,《无尽前沿法案》也要求美国国家科学基金会5年内在人工智能和机器学习、高性能计算、半导体和先进计算机硬件、量子计算
和信息系统、机器人、自动化与先进制造等10个关键技术领域投资1000亿美元。

《美国先进制造领先战略》强调智能制造应连接中小企业并创建生态系统，具体措施包括向中小企业开放生产设施、专用设备及技术
咨询援助，以帮助中小企业应对所面临的挑战。

《无尽前沿法案》促进了联邦机构之间及其与非政府合作伙伴在创新方面的合作，体现在3点：① 授权美国商务部，扩大制造业拓展
伙伴计划；② 在美国商务部建立一个供应链弹性计划，以缓解供应链脆弱性；③ 增加了对科研基础设施的投入，建立各类创新中心。

在教育方面，《无尽前沿法案》提出，将在美国国家科学基金会设立一名首席多元化官（Chief Diversity Officer），加大理工科
教育投入，以增强美国理工科人才培养能力。

2012—2020年，美国已建立了16个各有侧重的制造业创新研究所（表1），形成了遍布全国的先进制造创新网络，通过政府牵引、企业
主导、高校和科研机构支持，打通了先进制造技术从基础研究到产业化、规模化应用的创新链条[5]。

首先，《先进制造业伙伴计划》指导委员会提出相关建议，并通过总统科技顾问委员会向总统报告；然后，经国家科技委员会（NSTC）
决策通过后提交国会审议；最后，国会审议通过并形成法案。

美国联邦政府与项目的大型制造公司、中小企业、州政府至少按 1：1 的分摊资金（即投资主体的投资大于联邦政府的投资）。

2015—2019 年，美国联邦政府投资与私人投资稳步增长，投资金额分别从最初的 1.04 亿美元（联邦政府）、2.17 亿美元（私人）
增至 1.33 亿美元（联邦政府）、3.55 亿美元（私人）。

从项目与中小企业会员的角度看，截至 2019 年，各研究所与产业界、学术界合作项目总计 561 项，是 2015 年项目数量（147 项）
的近 3 倍，会员总数达到了 1 920 家，相比于 2015 年（800 家），增长了 140%。

目前，这一计划涵盖了美国国家标准与技术研究所（NIST）的制造拓展合作伙伴、位于美国全部 50 个州和波多黎各的 51 个制造业
拓展伙伴中心、385 个服务点及 1 400 多名专家[8]。

制造业拓展伙伴计划的法定目标是提高美国制造业的生产率和技术性能，具体包括 3 项措施：① 将工业界、大学、联邦机构开发的
技术转让给美国各地的制造公司；② 积极向中小型制造公司传播有关制造业的科学、工程、技术和管理信息；③ 扩大行业、协会和地
方学院提供的认证系统，包括培训人员、支持全新或现有的学徒制，解决劳动力需求和技能缺口问题[8]。

以 2020 年为例，27 574 家中小制造商在 MEP 国家网络中协作，新增了 105 748 个制造业岗位[8]。

同时，《2021 年美国创新 and 竞争法案》《国家科学基金会未来法案》在公共技术投资、科技体制改革、新型人才培养体系等方面
做出了相关规定，其目的依然是重塑美国智能制造生态系统[7,8]。

《振兴美国制造业和创新法案》将美国国家标准与技术研究院的《制造扩展合作伙伴关系》纳入美国制造业拓展伙伴计划。

一方面，美国充分利用“国家制造日”的各种公共活动逐步扭转民众对制造业的传统观念，重塑制造业形象[11]；另一方面，加大对社
区学院（职业学校）的投入，强化其在先进制造人才培养方面的作用。

目前，我国制造业还存在“技术孤岛”的现象，这造成了创新资源无法在产业链各个环节流通，进而导致关键产业无法全面转型升级③。

目前，我国制造业面临核心技术的缺失、技术发展与产业需求的脱节等问题④。

根据《国家智能制造标准体系建设指南（2018年版）》，建立合适的评估体系不仅有利于我国智能制造的动态调整，而且还有助于合
理分配创新资源，持续促进我国智能制造的发展。

In contrast to situation that United States values virtual economy and neglects real economy for a long term, the
 administrations of Obama, Trump, and Biden consider the strategy revitalizing manufacturing industry as the core
 industrial strategy since 2010.

② 制造业创新研究所的管理协调机制。

与此同时，美国制造业创新研究所的数量由 2015 年的 7 家增至 14 家。

② 为中小企业提供有效支持。

① 国家标准与技术研究所的制造业拓展伙伴项目办公室由 5 个部门组成，分别执行全国性制造业合作伙伴关系网络的推广、战略执
行、营销与传播、项目评估、财务管理、监督协调等任务。

② 该法案于2016年9月更名为《美国制造》(Manufacturing USA)。

① 建立以企业为主体、市场为导向、产学研深度融合的技术创新体系；② 围绕特定技术领域的创新成果转移转化，加强领域内学术研
讨、信息共享、设施开放及项目合作；③ 打造技术产业化示范项目，为相关产业打造标杆。

为推进我国智能制造发展，基于美国的政策及相应实践，结合我国国情与产业基础，文章梳理总结了美国智能制造政策对推进我国政策
改进的6点启示：（1）加强政府的引领作用，完善智能制造顶层设计；（2）培育智能制造生态系统，扶植中小企业发展；（3）增强自
主创新能力，推动关键性技术的发现与商业化进程；（4）深化开放合作，促进知识的共享与融合；（5）改革考核评估体系，优化创新
资源配置；（6）完善教育与培训体系，强化智能制造人才培养机制。

美国制造业创新研究所的顶层决策机制分为2个层面：① 制造业创新研究所的设立流程。

美国制造业创新研究所在近 5 年内取得 3 方面进展（表 2）：① 促进了公共部门与私营部门的合作，提高了美国的创新能力。

在组织层面上，制造业拓展伙伴计划项目由美国国家标准与技术研究所的制造业拓展伙伴项目办公室、制造业拓展伙伴咨询委员会及
 51 个制造业拓展伙伴中心 3 部分组成。

② 通过知识共享与融合的方式推动了国家创新网络的扩张，进而形成了更加强大的供应链与人才培养体系。

我国智能制造政策与美国智能制造政策有一定共性：① 以创新为导向，既注重新兴技术的布局，又强调科技成果转化；② 推进制造业的
知识融合，利用“政、产、学、研”的创新机制促进资源的高效使用与合理配置；③ 构建全面开放、能力共享的制造业新格局。

因此，建议我国建立涉及多方的考核制度：① 围绕科技与制造业融合的目标导向，建立客观、多元、量化的考核评估体系，明确以促进
技术和制造业融合、加快科技成果转移转化为主的考核导向，保障考核体系的完整性、客观性和科学性；② 尊重创新规律和产业发展规
律，将阶段性考核和周期性考核有机融合；③ 积极推进评估主体多元化，引入第三方评估机构，采用委托评估、联合评估、跨主体评估
等多种方式，确保评估工作执行到位。

建议我国从4个方面加强培训教育体系建设：① 高度重视社区学院和职业教育的建设和发展，建立高等院校、职业学院和工厂“三位一体
”的职业教育体系，为创新驱动发展提供必要的高素质产业工人储备；② 结合我国“新工科”“新文科”建设，培养跨学科、跨领域的融合
性创新人才；③ 促进高等院校和企业建立紧密的合作机制，保证人才的能力结构与企业的实际需要高度吻合；④ 高度重视由于经济转型
升级带来的再就业问题，完善社会培训体系，壮大社会培训力量，让落后产能的劳动力成为新兴产业的生力军。

Policies, like Revitalize American Manufacturing and Innovation Act of 2014, National Network for Manufacturing
 Innovation, United States Innovation and Competition Act of 2021, etc., have achieved the expected objective results.
""",
    "wang-yu-liu": """
2019 年 6 月美国行库组织 MForesight1 发布《重塑美国先进制造业的领导地位》报告，提出“美国国家制造业计划”的建议。

过去 20 多年，美国将其产业发展重点放在研发、软件和金融上，将大量制造业离岸外包。

这种做法导致美国制造业逐渐“空心化”，工作岗位流失，失业率不断上升，工厂数量大幅减少，实体经济不断萎缩。

美国创新周期 [1, 2] 是指从最初的基础研究到创造新产品和新工艺的过程。

这种模式将创新周期的参与者分离开来，为美国创新周期带来了初期研究和后期开发脱节的风险，即“死亡谷”。

随着经济全球化这种脱节逐步显现，近 20~30 年美国创新周期出现了严重的缺口，导致其在研究成果商业化方面面临严峻的挑战。

2008 年金融危机重挫美国经济，之后美国通过一系列计划或法案试图重振美国制造业的领导地位，如图 2 所示。

2011 年美国政府启动先进制造业伙伴计划（AMP），试图修复初创企业早期技术发展和规模化生产的两大创新缺口，并构想制造创新
研究所模式。

2012 年先进制造业伙伴计划提出国家制造创新网络（NNMI，现称“美国制造”），通过制造创新研究所来弥合基础研究与产业化之间
的缺口。

尽管一些研究所对制造业创新的通用技术做出安排，如智能制造创新研究所、数字制造研究所等，但部分研究所仍然倾向技术的早期
阶段，使得 NNMI 在解决“死亡谷”初衷问题上如隔靴搔痒，在推动技术商业化方面仍然存在很大缺口。

来自美国各方的建议和调查，无一不揭露其创新周期的多处缺口和制造业生态的不完善 [3]。

近两年美国制造业相关提案也试图促进其制造生态重塑及其本土化，如 2020 年 6 月两党两院提案《为美国半导体制造创造有益激
励法案》[4] 旨在促进美国先进芯片制造、保护微电子生态，使美国半导体制造业重回美国本土。

美国现行的“技术供应”式创新体系依赖政府资助大学研究的模式，联邦资金很大程度上用于提升技术成熟度水平（TRLs）而不是提升
制造成熟度水平（MRLs），导致其错失了制造业技术和工艺主导的创新，造成了制造业基础的衰落。

产业公地（Industrial Commons）[5] 是支持创新的集体能力，包括研发知识、工艺开发技能以及制造能力，这些能力依附于企业和
大学。

数十年的制造业离岸外包以及随之而来的研发海外转移，导致美国制造业在供应链、工程人才和生产技能、机械和基础设施、技能可
用性以及工艺经验等方面存在缺口。

在资本市场，私人资本倾向于投资风险较小的软件市场；美国州政府、大学和非营利组织等组建的小天使和风险投资基金，在进行投
资时考虑更多的是政治权衡而非严格的技术和市场评估。

美国制造业前瞻联盟（Alliance for Manufacturing Foresight，MForesight）是由美国国家科学基金会（NSF）和国家标准与技术
研究院（NIST）资助的美国先进制造行业联盟。

美国制造业前瞻联盟在 2019 年 6 月发布了《重塑美国先进制造业的领导地位》报告，建议通过制订“美国国家制造业计划”（NMI）
来重建美国制造业，具体内容包括：（1）确保研究成果在美国商业化；（2）资助应用研究和技术培训；（3）创建制造业投资基金；
（4）加强对中小型制造企业的支持。

NMI 将作为重建美国先进制造业的公私联合行动的“召集点”，弥合研究与制造之间的缺口（见图 3）。

美国考虑立法设立“制造业大学”[7]，将重点放在制造问题上，专注于培养更多工程学毕业生，并通过此类大学的合作网络加强美国
工业共享资源。

为了确保未来的经济实力和国防优势，美国必须在诸如自动驾驶汽车、机器人、增材制造、生物制造、能源储存、先进材料和量子计
算等新兴行业中占据领先地位，将智能制造视为国家的优先事项。

加大基础研究投入 [8]、高端人才培养和引进是缩短我国创新周期的基本选择。

（2）创建转化研究中心，推动建立“研发 + 制造”产业集群。

我国国立科研机构需要以解决国家关键需求为导向，重视开展前瞻性和基础性的共性技术持续研发，重视与企业合作开发和应用新技
术，以促进国家经济可持续增长。

没有“芯”何来“算”。

中国开放的市场，积极接受国外转移的生产能力，吸引优秀制造业人才，推动我国制造沿着创新价值链向上端移动。

在国际贸易争端频发引发的不确定大环境下，我国继续保持开放的市场以吸引制造生产能力和人才，依然是首选的策略。

In June 2019, MForesight, US DoTank, issued a report “Reclaiming America’s Leadership in Advanced Manufacturing”,
 putting forward suggestions with the “National manufacturing Initiative”.

本文以该报告为出发点，分析了美国创新周期的缺口、制造业创新生态的挑战以及采取的相关政策措施，并结合其相关经验教训对加强
中国制造业创新提出了相关建议。

由于研发创新与工艺技术越来越密切，制造业离岸外包使美国的技术研发也随之向国外转移，这对美国制造业创新生态系统产生了极为
不利的影响。

在创新周期中（见图 1），科学和工程中的基础研究是发现和发明的源泉，其中一些发明和发现可以成为新产品或新技术；转化研究是
对发现和发明进行概念验证的必要条件，使产品或技术原型在实验室条件下得以证明；产品创新是在概念验证原型基础上根据可制造性
、安全性、可靠性和成本效益等诸多因素进行改进，推动试生产；工艺创新是在试生产中设计、测试和完善生产工艺，如果成功，则可
以进行规模化生产。

美国的资金资助很大程度上取决于技术成熟度，即技术成熟度水平（TRLs），而非制造成熟度水平（MRLs）。

2013 年 1 月，美国总统行政办公室正式出台了美国国家制造业创新网络及所属制造业创新研究所的初始设计方案。

国家制造创新网络模式是美国效仿德国费劳恩霍夫研究所的一种尝试，核心理念是甄别和开发新的生产技术和工艺流程以提高美国制造
竞争力，通过制造创新研究所及其构成的关联共享网络，使国内制造业生态得以重建，确保基础研究和技术发现的成果可以转化为美国
本土大规模生产的产品。

在基础研究阶段，外国毕业生和合作实验室可从参与的研究中获得美国资助的研究成果，为外国竞争对手获得新发现和发明创造了机会
；在转化研究阶段，许多有前景的新发现和发明由于缺乏继续资助而被搁置，没有进一步验证概念原型，导致许多研发成果无法通过许
可实现商业化。

随着产品创新和工艺创新的相互交织，一个地区制造业的衰退会引发连锁反应：一旦制造业外包，依赖制造业的工艺流程专业知识将无
法维持；如果失去工艺能力，企业就难以对下一代工艺技术进行优化研究；如果没有开发这种新工艺的能力，就不能再开发新产品。

NMI 的实施措施包括：（1）加强政府、私营企业和大学之间的合作；（2）加强现有政府机构和项目之间的协调；（3）确立明确的衡
量标准，以保证有效使用资金、借鉴成功经验以及修正实施过程；（4）加强领导力，恢复和维护国家关切的重点。

（1）发挥制造业引导创新的优势，加强技术驱动创新的投入。

（3）加强共性关键技术研发，平衡软硬件创新。

这些风险过大、技术难度过高、长远性的“种子研究”需要国家组织科技力量进行连续性和稳定性的研究开发以实现长期回报。

新兴产业（如自动驾驶汽车、机器人、金属增材制造、生物制造、能源储存、先进材料和量子计算等）的软硬件整合创新尤为重要。

此外，我国需要继续加强国际合作，深度融入新兴制造业的国际生态环境，从标准制定、供应链合作、工艺技术开发等各环节深入，成
为制造业生态密不可分的组成部分，才能使我国在先进制造领域或外交谈判中保持领先地位、掌握话语权。

Problems and challenges of America’s manufacturing innovation ecosystem has been analyzed in recent years.
""",
    "zhang": """
为促进制造业繁荣发展，2012 年美国政府启动了国家制造业创新网络计划。

无论从评价指标还是个案分析上看都亮点纷呈，展现出制造业创新网络较强的生机和活力。

为促进美国制造业科技创新和成果转化，确保美国在先进制造领域的领导地位，2012 年美国政府宣布启动国家制造业创新网络（
National Network for Manufacturing Innovation，简称 NNMI）计划，2016 年 9 月后国家制造业创新网络更名为“制造业美国”（
Manufacturing USA），该计划旨在若干制造业重点技术领域建设创新中心并形成网络。

2014 年 12 月，美国国会通过《美国制造业振兴和创新法案》（The Revitalize American Manufacturing and Innovation Act，
简称《RAMI 法案》），正式确立了国家制造业创新网络计划的法律地位 [1]。

美国仍是基础研究、技术发明的引领者，但这些优势没有很好地转化为本土制造能力和在新产品方面的竞争优势。

法案指定在国家标准与技术研究院设立“先进制造国家项目办公室”（AMNPO），协调各联邦部门及各制造业创新中心的合作，并监督
计划的执行。

为加强先进制造的统筹协调，2015 年 3 月在美国国家科学和技术委员会下成立了先进制造技术分委会（SAM），该委员会由商务部
 / 美国国家标准与技术研究院与能源部共同主持，作为先进制造项目、政策、预算等信息共享、交流、协作的平台。

（3）加速满足先进制造需求的劳动力资源开发，包括面向未来工作所需的劳动者，加强科学、技术、工程和数学（STEM）教育；支
持、拓展和打通与 STEM 相关的中高等教育途径，包括相关资质的审核与认证；支持各州、地方调整教育培训课程设置，以适应先进
制造发展的需求；培养包括研究人员和工程师在内的高级知识工作者；确定下一代劳动者所需的技能。

因此，从布局上看，创新中心的建设体现出聚焦制造业前沿关键核心技术领域、辐射带动区域经济发展的战略考量。

这 14 家创新中心中， 8 家由国防部设立、5 家由能源部设立、1 家由商务部设立。

先进制造国家项目办公室的具体职能包括：（1）监督、管理和协调制造业创新网络计划。

专门制定了《制造业美国网络宪章》，规划内外沟通和协调 [6]。

联邦政府出资总额一般在 0.7 亿 ~1.2 亿美元之间，并逐年递减。

先进复合材料制造创新中心的会员分为特许会员、高级会员、资源成员、联盟成员 4 级，即使是普通会员也可以通过参与研究项目
与其他成员建立联系以及参与有关培训计划获益（见表 2）[8]。

如国家增材制造创新中心（America Makes）通过制定增材制造产业发展战略路线图，确定出拟开发的新工具、新材料、新设备、新
工艺等关键技术点。

先进制造国家项目办公室专门发布了《国家制造业创新网络知识产权指南》，为知识产权建设提供指导 [9]。

德勤公司采取了与利益相关方（包括联邦资助机构）面对面访谈，现场走访，与独立的外部专家会谈，收集和分析项目及创新中心文
件、数据等方式，对计划进行研究和分析。

目前，每个创新中心平均有79％的项目的关键技术指标达到了预期。

2017 财年，美国制造业创新中心的会员数较上一财年增长了 50% 以上，达到 1 291 家，其中有 844 家制造业企业（占 65%）、
297 家教育机构（大学、社区学校、其他学术机构等，占 23%）以及 150 家其他类型的组织（联邦、州和地方政府机构，联邦政府
实验室和非营利组织，占 12%），其中制造业企业中小企业占了 65%。

如国家增材制造创新中心联合美国国家标准协会（ANSI）、国防部和美国国家标准与技术研究院，与 150 多个会员单位开展合作，
推动标准制定，发布了第一个增材制造标准化路线图。

批评者认为，政府的作用主要是营造良好的创新环境，不宜直接投资于具体的项目研发 [12]。

国家科学基金会的项目能够为创新中心提供原创性新思路，并使其在知识经验、实验设施、伙伴关系等方面受益。

（1）强化总体部局，优化整合国家创新基地建设。

如集成光子制造创新中心的基础设施建设项目得到纽约州政府的大力支持，正在加速推进，到 2020 年纽约州对其的投资将超过 1.9
 亿美元，而国防部对该创新中心的总投入为 1.1 亿美元。

该办公室设在美国国家标准与技术研究院下，工作人员包括与制造有关的联邦机构代表，以及来自制造企业、大学的专家。

项目评审除关注关键技术开发、应用和示范外，还重视对提升美国制造业竞争力的影响以及对中小制造业企业的带动作用。

对于创新中心开发的知识产权，原则上允许一定级别以上的会员自动获得，用于内部研发目的，且是有限的、非独占的，但用于商业
目的的使用许可需另行谈判。

经过几年建设，美国国家制造业创新网络计划已初见成效。

宗旨：（1）营造有利于先进制造业发展的创新环境；（2）促进在国内开发变革性的制造技术；（3）促进公共部门与私营部门的协
作，提高对先进制造竞争前技术研发和基础设施的投入；（4）促进先进制造技术的快速扩散和市场应用；（5）为塑造先进制造业企
业所需的创新型人才，在领导力和创造力的培养上提供方案。

在资源的配置上，创新基地应更加强调相互协作和资源共享。

2017 年，美国商务部下属的国家标准与技术研究院（NIST）发布了该计划《2017 财年年度报告》（以下简称《年报》）[2]，总体看
美国制造业创新网络建设进展顺利，为美制造业的振兴和繁荣提供了强大支撑和助力。

2013 年，美国发布了关于国家制造业创新网络计划的初步设计文件《国家制造业创新网络：初步设计》，厘清了建设思路。

因此，在资金来源上，联邦政府仅在早期建设阶段提供部分资金支持，其余资金以及后期运营资金都要求各中心自己解决；在治理模式
上，要求推进官产学研的协作、技术需求与供给方的共融，以形成一个健康的客户与相关企业、学术机构和政府部门的互动生态；在运
营管理上，要求体现聚焦技术前沿，响应产业发展，贴近市场需求。

参与计划的 9 个联邦机构通过先进制造国家项目办公室，对包括国家制造业创新网络计划在内的各类制造业研发计划进行跨部门协调
，并与产学研各方，以及州和地方政府、相关组织进行沟通联络。

（5）建立公共信息交流中心，交流与计划有关的活动信息。

二是委托美国审计总署（GAO）等机构开展第三方评估并提供报告。

值得重视的是，2017 年还委托美国审计总署 [10] 与德勤公司 [11] 对计划进行独立评估，有关评估报告分别代表了政府部门和私营
部门对其的评价。

截至 2017 年 9 月 30 日，制造业创新网络已建立了 14 家创新中心，并以 2∶1 的资金匹配率获得非联邦资金的支持，匹配资金超过
 20 亿美元，加上联邦政府 10 亿美元的先期承诺投入，总投入已达 30 亿美元。

2017 财年，美国制造业创新网络总支出为 2.985 亿美元，其他来源的资金达到 1.778 亿美元，超过了联邦政府 1.207 亿美元的投资
，资金配套率达 1.5∶1，超过计划设计之初的 1∶1 的配套率。

其中，有近 18.5 万名学生参与了创新中心的研发项目、实习活动或培训；有 4 302 人完成了创新中心的学徒计划或培训计划，取得
合格证书；此外，有 1 299 名教师和培训师参加了创新中心组织的教师培训课程。

大量案例表明，企业通过项目协作的方式获得了新技术，显著地提升了生产效率、技术水平，降低了生产成本；进一步强化了美国本土
的供应链，一些企业正考虑将制造环节重新搬回美国；培育了一批掌握先进技能的劳动者。

最新发布的《美国先进制造业领先战略》仍然强调，政府支持重点应是竞争前的技术领域，对特定企业或部门进行投资的产业政策不是
美国的选择，美国不应把赌注压在某个企业或特定领域上，美国需要的是一致的创新政策。
""",
}

LINES = {
    "chen": "7||13-19||25|29-31||37|41-53|57-61|65-73 80-82|86|90|94|98-100|104|108-110|114|118-120|124-126|130|134",
    "shi-wang-zhang": "1-15|16-48|52-76 79-109|113 159-185|273-291|295-305 353-359|465-483 361-379|383-419 553-567"
    "|571-575 643-665|669-725|729-737 790-838||846-886 991-1003|1009-1017 1020-1072|1078-1130|1136-1182 1183-1187"
    "|1191-1305",
    "sun-luo": "11|17-19 27-29|33-37|41|45 51|55|59|63|67-69 97-103|107-109 126-132||138|142 159|163|167-171|175|179"
    "|183 187-189|193|197-199|203",
    "wang-yu-liu": "1-9|13-33|37-63|67-88|92-96 195-277|281-289|295-327|333-355 358-378|382-434||442-450 453-481"
    "|487-511|515-537|541-613 616-720",
    "zhang": "1-9|10-44|48-76|80-143|147-207|211-233|237-286|290-294 642-677|680-714|718-784|788-818 823-833"
    "|837-889 969-985|989-1043|1047-1081|1085 1156-1178|1182-1203|1207-1233|1237-1257|1261-1289|1293-1361 1364-1376"
    "|1380-1524",
}
"""The lines of each file that hold the abstract, what follows it, and the prose under each heading, in reading order.

Found with the eye: `1.3` of shi-wang-zhang breaks off at line 305 before a page of table 2 and goes on at line 353.
"""

ASIDE = {
    "chen": "159",
    "shi-wang-zhang": "485|739-741|1314-1327",
    "sun-luo": "47|49|185|210|232 236",
    "wang-yu-liu": "743-749",
}
"""The lines of the footnotes and of the English abstracts, whose place among the prose is no matter."""

COUNTS = {"chen": 121, "shi-wang-zhang": 126, "sun-luo": 114, "wang-yu-liu": 99, "zhang": 195}
"""The sentences of each abstract and of the prose under the headings: all of them were read against the files."""

CHINESE = "一-鿿，。、；：？！“”（）《》"

HEADS = (
    r"·科技计划与管理·|·创新战略与政策·|·科技与经济·|◇张华胜|◇史冬梅|美国国家制造业创新网络建设及管理模式"
    r"|美国拜登政府制造业发展战略措施及启示|[—–-]\s*\d+\s*[—–-]$|chinaXiv:|续表"
)

FURNITURE = {
    "chen": {},
    "shi-wang-zhang": {
        "·科技与经济·": 4,
        "— # —": 1,
        "续表": 2,
        "◇史冬梅，王　晶，张景胤：美国拜登政府制造业发展战略措施及启示": 2,
    },
    "sun-luo": {"chinaXiv:#.#v#": 2},
    "wang-yu-liu": {"·创新战略与政策·": 2},
    "zhang": {"·科技计划与管理·": 3, "续表": 1, "◇张华胜：美国国家制造业创新网络建设及管理模式": 1},
}


def told(text: Paper | Body) -> list[str]:
    """The sentences of a paper, in its order."""
    return [text.text[s.start : s.end] for s in text.sentences]


def in_file(paper_id: str, ranges: str) -> str:
    """The lines of a paper's file at `2-4 7` as running text, with a space at a break where one belongs."""
    lines = (PAPERS / f"{paper_id}.txt").read_text("utf-8").split("\n")
    ends = [tuple(map(int, part.split("-"))) for part in ranges.split()]
    running = ""
    for line in (line.strip() for end in ends for line in lines[end[0] - 1 : end[-1]]):
        line = re.sub(r"[*^■]|^(?:摘\s*要|Abstract)\s*[：:]?\s*", "", line)  # signs of Markdown, a label, the end
        line = re.sub(rf"(?<=[{CHINESE}]) +(?=[{CHINESE}])", "", line)
        left, right = re.search(r"[\x21-\x7e]$", running), re.match(r"[\x21-\x7e]", line)
        words = re.search(r"[一-鿿]$", running), re.match(r"[一-鿿]", line)
        apart = paper_id != "chen" and ((left and words[1]) or (words[0] and right))  # chen sets none there
        running += (" " if (left and right) or apart else "") + line
    return running


def read(text: str) -> Body:
    """A text as it is read from a file."""
    raw = RawText(text)
    return parse(raw)[2]


def hand_copied() -> list[tuple[str, str]]:
    """Every sentence with its paper."""
    return [(paper_id, part.replace("\n", "")) for paper_id, block in SENTENCES.items() for part in block.split("\n\n")]


def test_enough_sentences_were_copied() -> None:
    copied = [paper_id for paper_id, _ in hand_copied()]
    assert {paper_id: copied.count(paper_id) >= 40 for paper_id in BY_ID} == dict.fromkeys(BY_ID, True)


@pytest.mark.parametrize(("paper_id", "sentence"), hand_copied(), ids=lambda value: value[:18])
def test_a_sentence_is_what_its_author_wrote(paper_id: str, sentence: str) -> None:
    assert told(BY_ID[paper_id]).count(sentence) == 1


@pytest.mark.parametrize("paper_id", LINES)
def test_all_prose_stands_in_its_section_in_order_and_nothing_else_does(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    sections = [""]
    for block in paper.blocks:
        text = paper.text[block.start : block.end]
        if text == "参考文献":
            break
        if block.kind in ("abstract", "paragraph"):
            label = re.match(r"摘\s*要[：\s]*", text) if block.kind == "abstract" else None
            sections[-1] += text[label.end() if label else 0 :].removesuffix("■")
        if block.kind in ("abstract", "heading"):
            sections.append("")
    assert sections == [in_file(paper_id, ranges) for ranges in LINES[paper_id].split("|")]


@pytest.mark.parametrize("paper_id", ASIDE)
def test_footnotes_and_english_abstracts_are_whole(paper_id: str) -> None:
    for ranges in ASIDE[paper_id].split("|"):
        assert BY_ID[paper_id].text.count(in_file(paper_id, ranges)) == 1


@pytest.mark.parametrize("paper", BY_ID.values(), ids=lambda paper: paper.id)
def test_prose_is_cut_where_a_sentence_ends_and_nowhere_else(paper: Paper) -> None:
    end = r"[。！？](?:[”）])*(?: ?\[[\d, ]+\])*[①-⑳]?"
    sentences = [
        paper.text[s.start : s.end]
        for s in paper.sentences
        if paper.block_at(s.start).kind in ("abstract", "paragraph")
    ]
    unlike = [s for s in sentences if not re.fullmatch(rf"[^。！？]+{end}", s)]
    # One sentence of sun-luo leads with a colon to a paragraph of its own that lists three points.
    assert unlike == (["基于美国的经验，我国可围绕3个方面来提高自主创新能力："] if paper.id == "sun-luo" else [])
    assert len(sentences) == COUNTS[paper.id]


@pytest.mark.parametrize("paper", BY_ID.values(), ids=lambda paper: paper.id)
def test_no_running_head_stands_inside_the_text(paper: Paper) -> None:
    for block in paper.blocks:
        text = paper.text[block.start : block.end]
        assert not re.search(HEADS, text) or block.kind == "reference", text


@pytest.mark.parametrize("paper", BY_ID.values(), ids=lambda paper: paper.id)
def test_no_space_stands_between_two_chinese_characters(paper: Paper) -> None:
    for block in paper.blocks:
        text = paper.text[block.start : block.end]
        if block.kind in ("abstract", "heading", "paragraph", "caption", "figure", "footnote"):
            text = re.sub(r"^(?:摘要 |(?:[①-⑳]|[图表]\s?\d+|[\d.]+)\s+)", "", text)
            assert not re.search(rf"[{CHINESE}][^\S\t]+[{CHINESE}]", text), text


REPEATED = (
    "编号 技术领域 机构名称 成立时间 出资情况（联邦政府 / 其他；单位：美元） 会员数量（个） 牵头机构 地点",
    "美国政府部门 三大目标 特定技术目标 商务部 国防部 能源部 劳工部 交通部 教育部 环保局 卫生与公众服务部 航空航天局 "
    "美国国家卫生基金会 农业部",
    "特定技术目标 技术建议 具体措施",
)  # fmt: skip
"""Column names which a table repeats on its next page."""


@pytest.mark.parametrize("paper_id", FURNITURE)
def test_running_heads_labels_and_watermarks_are_counted_and_gone(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    removed = {line: count for line, count in paper.report.removed.items() if line not in REPEATED}
    assert removed == FURNITURE[paper_id]
    patterns = [re.escape(line).replace(r"\#", r"\d+") for line in FURNITURE[paper_id]]
    for pattern in patterns:
        assert not re.search(pattern, paper.text), pattern
    assert not re.search(r"续表|chinaXiv|·科技|·创新战略|◇|\*\*|\^\{|\^\[", paper.text)


@pytest.mark.parametrize("paper", BY_ID.values(), ids=lambda paper: paper.id)
def test_a_block_is_one_line_and_no_sentence_keeps_the_marks_of_a_wrap(paper: Paper) -> None:
    for block in paper.blocks:
        assert "\n" not in paper.text[block.start : block.end]
        if block.kind in ("abstract", "paragraph"):
            text = paper.text[block.start : block.end]
            assert not re.search(r"[\u4e00-\u9fff，。、；：] +[\u4e00-\u9fff]", re.sub(r"^摘要 ", "", text)), text
            assert not re.search(r"[A-Za-z]- [a-z]|  ", text), text


@pytest.mark.parametrize("paper", BY_ID.values(), ids=lambda paper: paper.id)
def test_a_paragraph_ends_where_a_sentence_ends(paper: Paper) -> None:
    for block in paper.blocks:
        if block.kind in ("abstract", "paragraph"):
            assert re.search(r"[。：；！？](?:[”）]| ?\[[\d, ]+\]|■)*$", paper.text[block.start : block.end])


FULL = "制造业是国民经济的主体，各国都把发展先进的"


def test_english_hyphenation_is_undone_and_words_stay_apart() -> None:
    lines = [
        "Manufacturing is the main body of the national eco-",
        "nomy, and every country takes the advanced manufac-",
        "turing as a means of recovery (see the “National",
        "Strategy” of 2022), for which it takes measures and",
        "(as J. Smith said) builds the “Manufacturing USA”",
        "network of the R&D institutes. No. 5 was the second.",
    ]
    assert told(read("1 Introduction\n" + "\n".join(lines) + "\n"))[1:] == [
        "Manufacturing is the main body of the national economy, and every country takes the advanced manufacturing as "
        "a means of recovery (see the “National Strategy” of 2022), for which it takes measures and (as J. Smith said) "
        "builds the “Manufacturing USA” network of the R&D institutes.",
        "No. 5 was the second.",
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他问：“真的吗？”她说：“是。”然后走了。", ["他问：“真的吗？”", "她说：“是。”", "然后走了。"]),
        ("增长 3.5%。2020 年达 1.2 亿元！[3]此后下降。", ["增长 3.5%。", "2020 年达 1.2 亿元！[3]", "此后下降。"]),
        ("依旧突出。①对此应当重视。② 另一方面不然。", ["依旧突出。①", "对此应当重视。", "② 另一方面不然。"]),
        ("分为两点：①这一点。②那一点。", ["分为两点：①这一点。", "②那一点。"]),
        ("见 http://a.cn/x?y=1&z=2 一文。完。", ["见 http://a.cn/x?y=1&z=2 一文。", "完。"]),
        ("是这样吗?不是。", ["是这样吗?", "不是。"]),
        ("还有很多……但是不说了。", ["还有很多……", "但是不说了。"]),
        ("A. Smith and J. R. Lee wrote it. It is 3.5 pages.", ["A. Smith and J. R. Lee wrote it.", "It is 3.5 pages."]),
        ("　没有句号的话 ■", ["没有句号的话 ■"]),
        ("完了。■", ["完了。"]),
        ("……", []),
    ],
)
def test_a_sentence_ends_with_its_quotation_marks_and_references(text: str, sentences: list[str]) -> None:
    assert told(build_body([Draft("paragraph", Traced.of(text))], RawText(text))) == sentences


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("⻓⾜的⽹络与客⼾", "长足的网络与客户"),
        ("Chief Diversity Oﬃcer", "Chief Diversity Officer"),
        ("罗穆雄^{1*} 与 *Act of 2014*)^②，^[3]", "罗穆雄1* 与 Act of 2014)②，[3]"),
        ("2.189* 1.778 与 * 表示有关联", "2.189* 1.778 与 * 表示有关联"),
        ("**顶层设计**。", "顶层设计。"),
        ("制\u200b造\xad业\ue001", "制造业"),
        ("从 曾 经 的 离 岸 外 包 到 现 在 的 投 资 失 衡", "从曾经的离岸外包到现在的投资失衡"),
        ("奥 巴马启动，旨在 联合 NSF 各方", "奥巴马启动，旨在联合 NSF 各方"),
        ("前瞻联盟（ Alliance  for Foresight ）发布", "前瞻联盟（Alliance for Foresight）发布"),
        ("第一条 为了规范 数据处理", "第一条 为了规范数据处理"),
    ],
)
def test_what_printing_and_markup_did_to_the_characters_is_undone(printed: str, meant: str) -> None:
    line = f"一、引言\n{printed}，{FULL}。\n"
    body = read(line)
    assert body.text == f"一、引言\n{meant}，{FULL}。"


def test_an_open_sentence_is_taken_up_again_after_a_table() -> None:
    table = ["表 1　指标一览", "年份 数量 比例", "2019 年 5 3"]
    text = "1　引言\n\n" + "\n\n".join([FULL, FULL, *table, FULL, FULL, "措施。", *[FULL] * 8, "结束了。"]) + "\n"
    body = read(text)
    assert [(b.kind, body.text[b.start : b.end]) for b in body.blocks] == [
        ("heading", "1　引言"),
        ("paragraph", FULL * 4 + "措施。"),
        ("caption", "表 1　指标一览"),
        ("table", "年份\t数量\t比例"),
        ("table", "2019 年\t5\t3"),
        ("paragraph", FULL * 8 + "结束了。"),
    ]


def test_running_text_in_a_box_of_a_figure_is_no_paragraph() -> None:
    box = ["美国的资金资助很大程度上取决于技术成", "熟度，而非制造成熟度，导致了研发成果的", "流失。"]
    text = "1　引言\n\n" + "\n\n".join([*[FULL] * 8, "结束了。", "图 1　创新周期", *box, FULL, FULL, "措施。"]) + "\n"
    body = read(text)
    assert [(b.kind, body.text[b.start : b.end]) for b in body.blocks[1:]] == [
        ("paragraph", FULL * 8 + "结束了。"),
        ("caption", "图 1　创新周期"),
        ("figure", "".join(box)),
        ("paragraph", FULL * 2 + "措施。"),
    ]


def test_a_quotation_that_blank_lines_part_is_one_item_of_a_figure() -> None:
    items = "“制药/生物技术制造的\n冻融和无菌干燥技术路\n\n线图”项目\n\n“量子技术制造”\n项目\n\n"
    text = "1　引言\n\n" + f"{FULL}\n\n" * 8 + f"结束了。\n\n图 1　项目一览\n\n{items}{FULL}\n\n{FULL}\n\n措施。\n"
    body = read(text)
    assert [body.text[b.start : b.end] for b in body.blocks if b.kind == "figure"] == [
        "“制药/生物技术制造的冻融和无菌干燥技术路线图”项目",
        "“量子技术制造”项目",
    ]
