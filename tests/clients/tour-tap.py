"""An hour with tap-frontapp, the Singer tap that fills data warehouses: its credential check, its lists, its analytics.

The tap reads X-Ratelimit-Remaining and X-Ratelimit-Reset from every answer without asking whether they are there, follows the report's
own link, and reads `_results` and `metrics` by name.
"""

import json
import os
import subprocess
import sys
import traceback
from datetime import datetime

from tap_frontapp.http import Client
from tap_frontapp.streams import METRIC_API_DESCRIPTION_KEY, METRIC_API_PATH

TOKEN = os.environ["PORTICO_TOKEN"]
SCRATCH = os.environ["TOUR_SCRATCH"]
LEFT_OUT = os.environ.get("PORTICO_CLIENTS_SKIP", "").split(",")
counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(promise, body):
    try:
        body()
        counts["passed"] += 1
        print(f"ok       tap: {promise}")
    except Exception:  # a tour goes on after a failure
        counts["failed"] += 1
        print(f"FAILED   tap: {promise}")
        print("         " + traceback.format_exc().strip().replace("\n", "\n         "))


def tap(*arguments, token=TOKEN):
    """Runs the tap as its users do: a program that reads a configuration file and writes messages, one a line."""
    config = os.path.join(SCRATCH, "tap.json")
    today = datetime.now().strftime("%Y-%m-%dT00:00:00")
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"token": token, "start_date": today}, file)
    program = os.path.join(os.path.dirname(sys.executable), "tap-frontapp")
    return subprocess.run([sys.executable, program, "--config", config, *arguments],
                          capture_output=True, text=True, timeout=240, check=False)


def credentials():
    good = tap("--discover")
    assert good.returncode == 0, good.stderr
    streams = {stream["stream"] for stream in json.loads(good.stdout)["streams"]}
    assert set(METRIC_API_PATH) == streams, streams
    bad = tap("--discover", token="no-such-token")
    assert bad.returncode != 0 and "401" in bad.stderr, bad.stderr


def lists():
    client = Client({"token": TOKEN})
    for stream, path in METRIC_API_PATH.items():
        if path.strip("/") in LEFT_OUT:
            counts["skipped"] += 1
            print(f"skipped  tap: {path}")
            continue
        rows = client.list_metrics(path)
        assert isinstance(rows, list), f"{path} answers a list"
        for row in rows:
            assert "id" in row and METRIC_API_DESCRIPTION_KEY[stream] in row, f"{path}: {row}"
        assert rows or path in ("/accounts", "/tags", "/teams"), f"{path} is empty"
        assert client.calls_remaining >= 0 and client.limit_reset > 0, f"{path} tells the rate limit"


def analytics():
    found = tap("--discover")
    catalog = json.loads(found.stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["stream"] == "teammates_table"
    path = os.path.join(SCRATCH, "catalog.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(catalog, file)
    ran = tap("--properties", path)
    assert ran.returncode == 0, ran.stderr
    messages = [json.loads(line) for line in ran.stdout.splitlines()]
    records = [message["record"] for message in messages if message["type"] == "RECORD"]
    teammates = {row["id"] for row in Client({"token": TOKEN}).list_metrics("/teammates")}
    assert {record["metric_id"] for record in records} == teammates, ran.stdout
    for record in records:
        assert record["report_id"] and "num_messages_sent" in record, record
    assert any(message["type"] == "STATE" for message in messages), "the tap remembers how far it came"


check("credentials are checked, streams are discovered", credentials)
check("accounts, channels, inboxes, tags, teammates and teams are listed, each with the rate limit", lists)
if "analytics" in LEFT_OUT:
    counts["skipped"] += 1
    print("skipped  tap: analytics")
else:
    check("a day of analytics is extracted", analytics)
os.write(3, f"{counts['passed']} {counts['failed']} {counts['skipped']}\n".encode())
