"""Reading: every kind of input, and everything that can be wrong with it, through the command line."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import PATIENCE, SCRIPT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = "Il gruppo compra la rivale per tre milioni di euro.\r\nFine.\n"
SHA = hashlib.sha256(TEXT.encode()).hexdigest()[:16]
FAILURE = b"extract_deals: "


def records(result):
    return [json.loads(line) for line in result.stdout.decode().split("\n")[:-1]]


def paths(result):
    return [record["path"] for record in records(result)]


def one_failure(result, *words):
    """There is exactly one line on standard error, in the house form, with these words; the status is 1."""
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("extract_deals: ")
    for word in words:
        assert word in lines[0]
    assert result.returncode == 1


def clean(result):
    assert result.stderr == b""
    assert result.returncode == 0
    return records(result)


# ---- kinds of files

@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.TXT", "a.txt.gz", "a.md.gz"])
def test_text_file(run, tmp_path, name):
    data = TEXT.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (record,) = clean(run(name))
    assert (record["path"], record["id"], record["meta"]) == (name, SHA, {})


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ndjson"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", ["document", "indented", "array", "indented array", "lines"])
def test_json_file(run, tmp_path, suffix, packed, shape):
    documents = [{"text": TEXT, "id": "x", "title": "é"}, {"text": "two"}]
    content, expected = {
        "document": (json.dumps(documents[0]), [":1"]),  # a whole document on one line is JSON Lines with one line
        "indented": (json.dumps(documents[0], indent=1), [""]),
        "array": (json.dumps(documents), [":1", ":2"]),
        "indented array": (json.dumps(documents, indent=1), [":1", ":2"]),
        "lines": ("\n".join(map(json.dumps, documents)) + "\n\n", [":1", ":2"]),
    }[shape]
    name = "a" + suffix + (".gz" if packed else "")
    data = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    made = clean(run(name))
    assert [record["path"] for record in made] == [name + end for end in expected]
    assert made[0]["id"] == "x"
    assert made[0]["meta"] == {"title": "é"}


def test_line_numbers_count_blank_lines(run, tmp_path):
    (tmp_path / "a.jsonl").write_text('\n{"text": "one"}\n  \n\n{"text": "two"}')
    assert [r["path"] for r in clean(run("a.jsonl"))] == ["a.jsonl:2", "a.jsonl:5"]


@pytest.mark.parametrize("content, expected", [
    (TEXT.encode(), ["-"]),
    (b"\n \r\n" + TEXT.encode(), ["-"]),
    (gzip.compress(TEXT.encode()), ["-"]),
    (b'{"text": "one"}\n{"text": "two"}\n', ["-:1", "-:2"]),
    (b'{\n"text": "one"}\n', ["-"]),
    (b'[{"text": "one"},\n{"text": "two"}]', ["-:1", "-:2"]),
    (gzip.compress(b'{"text": "one"}\n{"text": "two"}\n'), ["-:1", "-:2"]),
    (b"[Reuters] One bought Two.\nFor much.", ["-"]),
    (b"{sic} One bought Two.", ["-"]),
    (b"\xef\xbb\xbf" + b'{"text": "one"}\n{"text": "two"}\n', ["-:1", "-:2"]),
    ('{"text": "one"}\n{"text": "two"}\n'.encode("utf-16"), ["-:1", "-:2"]),
])
def test_standard_input_is_sniffed(run, content, expected):
    assert [r["path"] for r in clean(run("-", stdin=content))] == expected


def test_standard_input_and_file_give_the_same_id(run, tmp_path):
    content = " \r\n\n\t\nfive\u2028six\r\n".encode()
    (tmp_path / "a.txt").write_bytes(content)
    assert clean(run("-", stdin=content))[0]["id"] == clean(run("a.txt"))[0]["id"] == hashlib.sha256(content).hexdigest()[:16]


def test_order_of_the_command_line(run, tmp_path):
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    assert paths(run("b.txt", "-", "a.txt", stdin=b"c")) == ["b.txt", "-", "a.txt"]


# ---- folders

def test_folder_in_the_order_of_the_paths(run, tmp_path):
    names = ["x/b.txt", "x/a/z.txt", "x/a/b/c.md", "x/a.txt", "x/a-b.txt", "x/Z.txt", "x/é.txt", "x/skip.html", "x/none"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = sorted(names[:-2])
    assert [r["path"] for r in clean(run("x"))] == expected
    assert [r["path"] for r in clean(run("x/"))] == expected
    assert [r["path"] for r in clean(run("./x"))] == ["./" + name for name in expected]


def test_folder_without_articles(run, tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    one_failure(run("x"), "x: holds no articles", ".txt")


def test_loop_of_links(run, tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "a.txt").write_text("a")
    (tmp_path / "x" / "y" / "up").symlink_to("..")
    result = run("x")
    assert paths(result) == ["x/a.txt"]
    one_failure(result, "x/y/up", "loop")


def test_links(run, tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "o.txt").write_text("o")
    (tmp_path / "x" / "y" / "a.txt").write_text("a")
    (tmp_path / "x" / "b.txt").symlink_to("y/a.txt")
    (tmp_path / "x" / "again").symlink_to("y")  # its articles are read at their own place
    assert [r["path"] for r in clean(run("x"))] == ["x/b.txt", "x/y/a.txt"]
    (tmp_path / "x" / "c.txt").symlink_to("../out/o.txt")
    one_failure(run("x"), "x/c.txt", "out of the folder", "out/o.txt")
    (tmp_path / "x" / "c.txt").unlink()
    (tmp_path / "x" / "d").symlink_to(tmp_path / "out")
    one_failure(run("x"), "x/d", "out of the folder")
    (tmp_path / "x" / "d").unlink()
    (tmp_path / "x" / "e.txt").symlink_to("nowhere.txt")
    one_failure(run("x"), "x/e.txt", "not there")
    (tmp_path / "x" / "e.txt").unlink()
    (tmp_path / "x" / "f.txt").symlink_to("f.txt")
    one_failure(run("x"), "x/f.txt", "itself")


def test_a_named_link_is_followed(run, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("x")
    (tmp_path / "b.txt").symlink_to("x/a.txt")
    assert [r["path"] for r in clean(run("link", "b.txt"))] == ["link/a.txt", "b.txt"]


def test_deep_tree(run, tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    for _ in range(1200):
        folder = folder / "d"
        folder.mkdir()
    (folder / "a.txt").write_text("deep")
    try:
        assert [r["path"] for r in clean(run("x"))] == ["x/" + "d/" * 1200 + "a.txt"]
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "x"], check=True)  # deeper than Python's own way of removing folders goes


def test_many_files_without_holding_their_text(run, tmp_path):
    (tmp_path / "x").mkdir()
    for number in range(3000):
        (tmp_path / "x" / f"{number:06}.txt").write_text(f"article {number} of the firm that was in the news, and it is as they had said to the press")
    assert [r["path"] for r in clean(run("x", "-j1"))] == [f"x/{number:06}.txt" for number in range(3000)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(run, tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "a.txt").write_text("a")
    (tmp_path / "x" / "b.txt").write_text("b")
    (tmp_path / "x" / "a.txt").chmod(0)
    one_failure(run("x"), "x/a.txt", "permission")
    (tmp_path / "x" / "a.txt").chmod(0o600)
    (tmp_path / "x" / "y").chmod(0)
    try:
        one_failure(run("x"), "x/y", "permission")
    finally:
        (tmp_path / "x" / "y").chmod(0o700)


def test_names_that_are_not_utf8_or_hold_newlines(run, tmp_path):
    (tmp_path / "x").mkdir()
    folder = os.fsencode(tmp_path / "x")
    for name in (b"caf\xe9.txt", b"new\nline.txt", "żółć.txt".encode()):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"text")
    with open(os.path.join(folder, b"bad\n\xff.txt"), "wb") as file:
        file.write(b"\xff")
    for env in ({}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        result = run("x", env=env)
        assert paths(result) == ["x/caf\\xe9.txt", "x/new\nline.txt", "x/żółć.txt"]
        one_failure(result, "x/bad\\n\\xff.txt: byte 0xff at offset 0")


# ---- bad content

@pytest.mark.parametrize("name, content, words", [
    ("a.txt", b"", ["a.txt: is empty"]),
    ("a.txt", b" \r\n\t", ["is empty"]),
    ("a.txt.gz", gzip.compress(b""), ["is empty"]),
    ("a.jsonl", b"\n\n", ["a.jsonl: is empty"]),
    ("a.txt", "caffè".encode("latin-1"), ["a.txt: byte 0xe8 at offset 4 is not UTF-8", "--encoding"]),
    ("a.txt", b"one\0two", ["NUL", "offset 3"]),
    ("a.jsonl", b'{"text": "one\\u0000two"}', ["a.jsonl:1", "NUL"]),
    ("a.txt", "x".encode("utf-16") + b"y", ["UTF-16"]),
    ("a.txt.gz", gzip.compress(os.urandom(5000))[:3000], ["too early"]),
    ("a.txt.gz", gzip.compress(b"x" * 5000)[:-6] + b"abcdef", ["damaged"]),
    ("a.txt.gz", gzip.compress(b"x" * 5000)[:12] + b"\xff" * 20, ["damaged"]),
    ("a.json", b'{"text": \n"x",}', ["a.json: broken JSON at line 2 column"]),
    ("a.json", b"[]", ["empty list"]),
    ("a.json", b"null", ["no object"]),
    ("a.json", b"3", ["no object"]),
    ("a.json", b"[3]", ["a.json:1", "no object"]),
    ("a.json", b"[" * 100000, ["nested too deeply"]),
    ("a.json", b'{"title": "x"}', ["has no text"]),
    ("a.json", b'{"text": 5}', ["has no text"]),
    ("a.json", b'{"text": "  "}', ["text is empty"]),
    ("a.json", b'{"text": "x", "n": ' + b"9" * 5000 + b"}", ["broken JSON"]),
    ("a.json", b'{"schema_version": 1, "id": "a", "deals": []}', ["--merge"]),
    ("a.html", b"<p>", ["unknown suffix .html"]),
    ("a.pdf.gz", b"<p>", ["unknown suffix .pdf"]),
])
def test_bad_content_costs_that_article_alone(run, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.txt").write_text("good")
    result = run(name, "good.txt")
    one_failure(result, *words)
    assert paths(result) == ["good.txt"]


def test_broken_line_has_its_number(run, tmp_path):
    lines = ['{"text": "one"}', '{"text": "two}', '{"text": "three"}', "{}", '"x"', '{"text": "four"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    result = run("a.jsonl")
    assert paths(result) == ["a.jsonl:1", "a.jsonl:3", "a.jsonl:6"]
    errors = result.stderr.decode().splitlines()
    assert [error.split(": ")[1] for error in errors] == ["a.jsonl:2", "a.jsonl:4", "a.jsonl:5"]
    assert result.returncode == 1


@pytest.mark.parametrize("first", ["{broken", "nonsense", '["a", "b"]x'])
def test_broken_first_line(run, tmp_path, first):
    (tmp_path / "a.jsonl").write_text(first + '\n{"text": "one"}\n{"text": "two"}\n')
    result = run("a.jsonl")
    assert paths(result) == ["a.jsonl:2", "a.jsonl:3"]
    one_failure(result, "a.jsonl:1")


def test_truncated_gzip_gives_what_came_before(run, tmp_path):
    lines = b"".join(b'{"text": "%s"}\n' % os.urandom(600).hex().encode() for _ in range(400))
    packed = gzip.compress(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    result = run("a.jsonl.gz")
    assert len(records(result)) > 100
    one_failure(result, "a.jsonl.gz", "too early")


def test_missing_path(run, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    result = run("nowhere.txt", "a.txt")
    one_failure(result, "nowhere.txt: there is no such file")
    assert paths(result) == ["a.txt"]


def test_vanishing_file(run, tmp_path, wrapped):
    (tmp_path / "x").mkdir()
    for number in range(40):
        (tmp_path / "x" / f"{number:02}.txt").write_text("WAIT" if number == 30 else "text")
    process = run.start("x", "-j1", script=wrapped, stdout=-1, stderr=-1)
    process.stdout.readline()
    (tmp_path / "x" / "39.txt").unlink()
    (tmp_path / "go").touch()
    out, err = process.communicate(timeout=PATIENCE)
    assert out.count(b"\n") == 38
    assert b"x/39.txt: there is no such file" in err
    assert process.returncode == 1


# ---- encodings

@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark(run, tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes(TEXT.encode(encoding))
    (tmp_path / "b.jsonl").write_bytes((json.dumps({"text": TEXT}, ensure_ascii=False) + "\n").encode(encoding))
    for options in ([], ["--encoding", "latin-1"]):
        assert [r["id"] for r in clean(run("a.txt", "b.jsonl", *options))] == [SHA, SHA]


def test_encoding_option(run, tmp_path):
    text = "Caffè in città"
    (tmp_path / "a.txt").write_bytes(text.encode("latin-1"))
    (tmp_path / "b.jsonl").write_bytes(json.dumps({"text": text}, ensure_ascii=False).encode("latin-1"))
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert [r["id"] for r in clean(run("a.txt", "b.jsonl", "--encoding", "latin-1"))] == [expected] * 2


def test_lone_surrogates(run):
    result = run("-", stdin=b'{"text": "a\\ud800b \\ud83d\\ude00", "t\\udc00": ["\\udfff"]}')
    (record,) = clean(result)
    assert record["meta"] == {"t\ufffd": ["\ufffd"]}
    assert record["id"] == hashlib.sha256("a\ufffdb 😀".encode()).hexdigest()[:16]


def test_numbers_that_json_does_not_have(run):
    (record,) = clean(run("-", stdin=b'{"text": "a", "x": NaN, "y": [Infinity, -Infinity, 1e999, 2.5]}'))
    assert record["meta"] == {"x": None, "y": [None, None, None, 2.5]}


# ---- size, pipes, devices

def test_size_limit(run, tmp_path):
    (tmp_path / "a.txt").write_text("x" * 1001)
    (tmp_path / "b.txt").write_text("x" * 1000)
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"x" * 5_000_000))
    (tmp_path / "d.jsonl").write_text('{"text": "1"}\n{"text": "' + "x" * 3000 + '"}\n{"text": "3"}\n')
    (tmp_path / "e.json").write_text('[\n{"text": "' + "x" * 1000 + '"}]')
    result = run("a.txt", "b.txt", "c.txt.gz", "d.jsonl", "e.json", "--max-bytes", "1k")
    assert paths(result) == ["b.txt", "d.jsonl:1", "d.jsonl:3"]
    errors = result.stderr.decode().splitlines()
    assert [error.split(": ")[1] for error in errors] == ["a.txt", "c.txt.gz", "d.jsonl:2", "e.json"]
    assert all("--max-bytes" in error for error in errors)


def test_gzip_bomb(run, tmp_path):
    import zlib
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"x" * 10_000_000
    data = b"".join(packer.compress(block) for _ in range(60)) + packer.flush()
    for name in ("a.txt.gz", "a.jsonl.gz"):
        (tmp_path / name).write_bytes(data)
    result = run("a.txt.gz", "a.jsonl.gz", "--max-bytes", "20M")
    assert result.stdout == b""
    assert result.stderr.count(b"--max-bytes") == 2
    assert result.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no /dev/zero")
def test_endless_device(run):
    one_failure(run("/dev/zero", "--max-bytes", "1M"), "/dev/zero")
    one_failure(run("/dev/zero"), "/dev/zero")


def test_pipes(run, tmp_path):
    os.mkfifo(tmp_path / "p.txt")
    os.mkfifo(tmp_path / "q")

    def write():
        for name in ("p.txt", "q"):
            with open(tmp_path / name, "wb") as pipe:
                pipe.write(b"one ")
                pipe.flush()
                time.sleep(0.3)
                pipe.write(b"two")

    writer = threading.Thread(target=write)
    writer.start()
    made = clean(run("p.txt", "q"))
    writer.join()
    assert [r["path"] for r in made] == ["p.txt", "q"]
    assert made[0]["id"] == made[1]["id"] == hashlib.sha256(b"one two").hexdigest()[:16]


def test_process_substitution(run, tmp_path):
    command = f"{sys.executable} {SCRIPT} <(printf 'one'; sleep 0.3; printf 'two')"
    result = subprocess.run(["bash", "-c", command], capture_output=True, timeout=PATIENCE, check=False)
    assert (result.returncode, result.stderr) == (0, b"")
    assert records(result)[0]["id"] == hashlib.sha256(b"onetwo").hexdigest()[:16]


def test_a_pipe_that_nobody_writes_to_does_not_hang(run, tmp_path):
    os.mkfifo(tmp_path / "p.txt")
    one_failure(run("p.txt"), "p.txt", "pipe")


def test_pipes_and_sockets_in_a_folder_are_not_opened(run, tmp_path):
    (tmp_path / "x").mkdir()
    os.mkfifo(tmp_path / "x" / "p.txt")
    (tmp_path / "x" / "q.txt").write_text("q")
    result = run("x")
    assert paths(result) == ["x/q.txt"]
    one_failure(result, "x/p.txt", "pipe")
    (tmp_path / "x" / "p.txt").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)  # the name of a socket must be short
        listener.bind("x/s.txt")
        one_failure(run("x"), "x/s.txt")


def test_output_is_not_read(run, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.txt").write_text("a")
    with open(tmp_path / "x" / "out.jsonl", "wb") as out:
        process = run.start("x", stdout=out, stderr=-1)
        _, err = process.communicate(timeout=PATIENCE)
    assert b"x/out.jsonl: is the file that the output goes to" in err
    assert (tmp_path / "x" / "out.jsonl").read_bytes().count(b"\n") == 1


# ---- the names that others use

@pytest.mark.parametrize("document, expected", [
    ({"text": "a", "id": "i", "language": "nl", "published": "2025-12-17", "url": "u", "n": [1]},
     ("i", "nl", "2025-12-17", {"url": "u", "n": [1]})),
    ({"text": "a", "date": "2025-12-17", "language": None, "id": None}, (None, None, "2025-12-17", {})),
    # trafilatura
    ({"title": "T", "author": None, "hostname": "h", "date": "2025-12-17", "fingerprint": "f", "id": None, "raw_text": "b", "text": "a",
      "language": "ro"}, (None, "ro", "2025-12-17", {"title": "T", "author": None, "hostname": "h", "fingerprint": "f", "raw_text": "b"})),
    # news-please
    ({"maintext": "a", "date_publish": "2025-12-17 08:00:00", "language": "es", "title": "T"}, (None, "es", "2025-12-17", {"title": "T"})),
    # IPTC ninjs 1 and 2
    ({"uri": "urn:x", "body_text": "a", "language": "it-IT", "versioncreated": "2025-12-17T08:00:00+01:00", "type": "text"},
     ("urn:x", "it", "2025-12-17", {"type": "text"})),
    ({"uri": "urn:x", "bodies": [{"contentType": "text/html", "value": "<p>b</p>"}, {"contentType": "text/plain", "value": "a"}],
      "language": "en", "firstCreated": "2025-12-17T08:00:00Z"}, ("urn:x", "en", "2025-12-17", {})),
    # schema.org NewsArticle
    ({"@context": "https://schema.org", "@id": "http://x", "articleBody": "a", "datePublished": "2025-12-17T23:30:00-05:00",
      "inLanguage": {"@type": "Language", "name": "N", "alternateName": "nl"}},
     ("http://x", "nl", "2025-12-17", {"@context": "https://schema.org"})),
    ({"@graph": [{"@type": "Organization"}, {"@id": "n", "articleBody": "a", "inLanguage": ["fr-BE"]}]}, ("n", "fr", None, {})),
    ({"text": "a", "id": 12, "language": "Dutch"}, ("12", None, None, {"language": "Dutch"})),
])
def test_names_of_other_formats(run, document, expected):
    (record,) = clean(run("-", stdin=json.dumps(document).encode()))
    own, language, published, meta = expected
    assert record["id"] == (own or hashlib.sha256(b"a").hexdigest()[:16])
    assert language is None or record["language"] == language
    assert record["published"] == published
    assert record["meta"] == meta


@pytest.mark.parametrize("stated", ["20251217T101500Z", "2025-12-17T10:15:00.123Z", " 2025-12-17 10:15 UTC "])
def test_dates_that_are_understood(run, stated):
    assert clean(run("-", stdin=json.dumps({"text": "a", "published": stated}).encode()))[0]["published"] == "2025-12-17"


@pytest.mark.parametrize("stated", ["2025-13-01", "2025-02-30", "yesterday", "2025", 20251217, ["2025-12-17"], "17/12/2025", "9" * 100])
def test_wrong_published(run, stated):
    result = run("-", stdin=json.dumps({"text": "a", "published": stated}).encode())
    one_failure(result, "-:1: published is", "YYYY-MM-DD")
    (record,) = records(result)
    assert record["published"] is None
    assert any("published" in warning for warning in record["warnings"])


# ---- any bytes at all

PROGRAM = importlib.import_module(SCRIPT.stem)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["text", "id", "published", "date", "language", "bodies", "@graph", "articleBody", "value", "x"]) | st.text(),
        inner, max_size=5),
    max_leaves=12,
)
ANY_BYTES = st.one_of(
    st.binary(max_size=400), st.text().map(lambda t: t.encode("utf-8", "surrogatepass")), JSON.map(lambda v: json.dumps(v).encode()),
    st.lists(JSON, max_size=5).map(lambda vs: b"\n".join(json.dumps(v).encode() for v in vs)),
    st.lists(JSON, max_size=5).map(lambda vs: b"\n".join(json.dumps(v, indent=1).encode() for v in vs)),
    st.text().map(lambda t: t.encode("utf-16", "surrogatepass")),
)


@settings(max_examples=int(os.environ.get("EXTRACT_DEALS_EXAMPLES", "300")), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=ANY_BYTES, suffix=st.sampled_from(["", ".txt", ".json", ".jsonl", ".md"]), packed=st.booleans(), cut=st.integers(0, 3))
def test_any_bytes_give_articles_or_failures(tmp_path_factory, data, suffix, packed, cut):
    path = tmp_path_factory.getbasetemp() / ("any" + suffix + (".gz" if packed and suffix else ""))
    data = gzip.compress(data, mtime=0) if packed else data
    path.write_bytes(data[: len(data) - cut])
    pieces = list(PROGRAM.read_pieces([str(path)], PROGRAM.Limits()))
    assert pieces
    for piece in pieces:
        try:
            article, _ = PROGRAM.article_of(piece, PROGRAM.Limits())
        except (PROGRAM.ExtractError, OSError, EOFError) as error:
            assert str(error)
            continue
        assert article.text.strip()
        assert article.id
        json.dumps([article.path, article.id, article.text, article.meta], ensure_ascii=False, allow_nan=False).encode("utf-8")
        marked = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"\xef\xbb\xbf"))
        if piece.kind in ("file", "text") and not packed and not cut and not marked:
            assert article.text.encode() == data


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents=st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=6), texts=st.data())
def test_one_story_in_any_wrapping(tmp_path_factory, documents, texts):
    """Splitting the same documents over lines, an array and gzip gives the same articles, save for their paths."""
    base = tmp_path_factory.getbasetemp()
    letters = st.text(st.characters(exclude_characters="\0"), min_size=1).filter(str.strip)
    documents = [{**document, "text": texts.draw(letters)} for document in documents]
    lines = "".join(json.dumps(document) + "\n" for document in documents).encode()
    (base / "w.jsonl").write_bytes(lines)
    (base / "w.json").write_bytes(json.dumps(documents).encode())
    (base / "v.json").write_bytes(json.dumps(documents, indent=2).encode())
    (base / "w.ndjson.gz").write_bytes(gzip.compress(lines))
    made = []
    for name in ("w.jsonl", "w.json", "v.json", "w.ndjson.gz"):
        pieces = PROGRAM.read_pieces([str(base / name)], PROGRAM.Limits())
        articles = [PROGRAM.article_of(piece, PROGRAM.Limits())[0] for piece in pieces]
        made.append([(a.path.rpartition(":")[2], a.id, a.text, a.language, a.published, a.meta) for a in articles])
    assert made[0] == made[1] == made[2] == made[3]
    assert len(made[0]) == len(documents)
