"""The program inside Apache Spark gives what the command line gives."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from conftest import FIXTURES, HERE, PATTERNS, SCRIPT

pytest.importorskip("pyspark", reason="pyspark is not installed (pip install '.[spark]')")
pytest.importorskip("pandas", reason="pandas is not installed (pip install '.[spark]')")
pytest.importorskip("pyarrow", reason="pyarrow is not installed (pip install '.[spark]')")
if shutil.which("java") is None:
    pytest.skip("Java is not installed (Spark needs Java 17)", allow_module_level=True)

ARTICLES, PARTITIONS = 2000, 6


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    monkey = pytest.MonkeyPatch()
    monkey.setenv("PYSPARK_PYTHON", sys.executable)
    monkey.setenv("SPARK_LOCAL_IP", "127.0.0.1")  # the host's own name may lead nowhere
    monkey.setenv("PYSPARK_DRIVER_PYTHON", sys.executable)
    archive = shutil.make_archive(str(folder / "patterns"), "zip", PATTERNS)
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    spark = builder.config("spark.sql.warehouse.dir", str(folder / "warehouse")).getOrCreate()
    # shipped as spark-submit --py-files and --archives ship them
    for file in (SCRIPT, HERE / "spark_job.py"):
        spark.sparkContext.addPyFile(str(file))
    spark.sparkContext.addArchive(f"{archive}#patterns")
    yield spark
    spark.stop()
    monkey.undo()


def counted(log):
    """`spark_job.records`, with a line in `log` whenever a process loads the patterns."""

    def records(batches):
        import os

        import spark_job

        import extract_deals

        if not hasattr(extract_deals, "counted"):
            load = extract_deals.load_patterns

            def counting(folder):
                with open(log, "a", encoding="utf-8") as stream:
                    stream.write(f"{os.getpid()}\n")
                return load(folder)

            extract_deals.load_patterns, extract_deals.counted = counting, True
        yield from spark_job.records(batches)

    return records


def same(ours, theirs):
    """Whether a row's value is the JSON value: whole numbers may come back as floats, structures as rows, meta as text."""
    if isinstance(theirs, dict):
        return json.loads(ours) == theirs if isinstance(ours, str) else all(same(ours[key], value) for key, value in theirs.items())
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == theirs


def test_spark_gives_the_records_of_the_command_line(session, run, tmp_path):
    import spark_job

    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(FIXTURES).glob("*.txt"))]
    rows = [{"id": f"a{number}", "text": f"{texts[number % len(texts)]}\n{number}", "published": "2025-10-06", "url": f"https://example.org/{number}"}
            for number in range(ARTICLES)]
    feed = tmp_path / "feed.jsonl"
    feed.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    written = run("-q", feed, timeout=600)
    assert written.returncode == 0, written.stderr
    expected = {}
    for line in written.stdout.decode().splitlines():
        record = json.loads(line)
        # the command line knows the article by its place in the file, the table by its id
        expected[record["id"]] = line.replace(json.dumps(record["path"]), json.dumps(record["id"]), 1)
    assert len(expected) == ARTICLES
    session.createDataFrame(rows).repartition(PARTITIONS).write.parquet(str(tmp_path / "articles"))
    articles = session.read.parquet(str(tmp_path / "articles")).repartition(PARTITIONS)
    log = tmp_path / "loads"
    made = articles.mapInPandas(counted(str(log)), spark_job.table_schema())
    made.write.parquet(str(tmp_path / "records"))
    table = session.read.parquet(str(tmp_path / "records"))
    assert [(field.name, field.dataType) for field in table.schema] == [(field.name, field.dataType) for field in spark_job.table_schema()]
    rows_back = table.collect()
    assert {row["id"]: row["record"] for row in rows_back} == expected
    for row in rows_back:
        record = json.loads(row["record"])
        assert all(same(row[key], value) for key, value in record.items()), row["id"]
    loads = log.read_text(encoding="utf-8").split()
    assert len(loads) == len(set(loads)) <= 2 < PARTITIONS, "the patterns are loaded once a worker"
