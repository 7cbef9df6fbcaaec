"""The records of a table of articles, made by Apache Spark: spark-submit --py-files extract_deals.py,spark_job.py --archives patterns.zip#patterns.

The program runs unchanged inside Spark's workers: text in, record out. This file is what the README shows.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pandas
from pyspark.sql import DataFrame, types

import extract_deals


def spark_type(schema: dict[str, Any], definitions: dict[str, Any]) -> types.DataType:
    """The Spark type of a piece of the record's JSON Schema; what has no fixed keys (meta) becomes JSON text."""
    if "$ref" in schema:
        return spark_type(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
        return types.DoubleType() if len(kinds) > 1 else spark_type(kinds[0], definitions)
    if "properties" in schema:
        keys = [key for key in schema["properties"] if key in schema["required"]]
        return types.StructType([types.StructField(key, spark_type(schema["properties"][key], definitions)) for key in keys])
    if "items" in schema:
        return types.ArrayType(spark_type(schema["items"], definitions))
    plain = {"integer": types.LongType, "number": types.DoubleType, "boolean": types.BooleanType}
    kind = type(schema["const"]).__name__ if "const" in schema else schema.get("type", "string")
    return plain.get({"int": "integer"}.get(kind, kind), types.StringType)()


def table_schema() -> types.StructType:
    """The columns of the records, and `record`: the line that the command line would write."""
    schema = extract_deals.json_schema()
    columns = spark_type(schema, schema["$defs"])
    assert isinstance(columns, types.StructType)
    return columns.add("record", types.StringType())


def typed(value: Any, kind: types.DataType) -> Any:
    """A JSON value as its column wants it."""
    if value is None:
        return None
    if isinstance(kind, types.StructType):
        return {field.name: typed(value[field.name], field.dataType) for field in kind}
    if isinstance(kind, types.ArrayType):
        return [typed(item, kind.elementType) for item in value]
    if isinstance(kind, types.DoubleType):
        return float(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


@functools.cache
def patterns() -> extract_deals.Patterns:
    """The patterns, loaded once a worker process."""
    return extract_deals.load_patterns(extract_deals.default_patterns())


def records(batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
    """Batches of articles (columns id and text, and published, language, url … as the table has them) to batches of records."""
    columns = table_schema()
    for batch in batches:
        rows = []
        for document in batch.to_dict("records"):
            article, _ = extract_deals.article_from_json(str(document["id"]), {key: value for key, value in document.items() if value is not None})
            line = extract_deals.record_line(extract_deals.extract(article, patterns(), extract_deals.Options()))
            row = json.loads(line)
            rows.append([*(typed(row[field.name], field.dataType) for field in columns[:-1]), line])
        yield pandas.DataFrame(rows, columns=columns.names)


def extract_table(articles: DataFrame) -> DataFrame:
    """The records of a table of articles, one row each."""
    return articles.mapInPandas(records, table_schema())


if __name__ == "__main__":
    import sys

    from pyspark.sql import SparkSession

    source, target = sys.argv[1:]
    spark = SparkSession.builder.appName("extract_deals").getOrCreate()
    extract_table(spark.read.parquet(source)).write.mode("overwrite").parquet(target)
