"""Reads OpenMetrics from standard input with the parser of prometheus_client, which raises on what
is not valid, and prints what it found: a JSON object from each sample's name to how many there are."""
import collections
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

found = collections.Counter()
for family in text_string_to_metric_families(sys.stdin.read()):
    if not family.documentation:
        raise ValueError(f"{family.name} has no help")
    for sample in family.samples:
        found[sample.name] += 1
print(json.dumps(found))
