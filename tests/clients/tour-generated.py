"""A client that openapi-python-client makes of Portico's own document, without help: nothing is left out of it, and what it calls the
parts of a rule are words that people know.
"""

import os
import re
import subprocess
import sys
import traceback
import urllib.request

URL = os.environ["PORTICO_URL"]
SCRATCH = os.environ["TOUR_SCRATCH"]
# The program that makes the client asks ruff to put it in order, which was installed beside it.
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(promise, body):
    try:
        body()
        counts["passed"] += 1
        print(f"ok       generated: {promise}")
    except Exception:  # a tour goes on after a failure
        counts["failed"] += 1
        print(f"FAILED   generated: {promise}")
        print("         " + traceback.format_exc().strip().replace("\n", "\n         "))


def made():
    document = os.path.join(SCRATCH, "openapi.json")
    with urllib.request.urlopen(f"{URL}/openapi.json", timeout=60) as answer, open(document, "wb") as file:
        file.write(answer.read())
    program = os.path.join(os.path.dirname(sys.executable), "openapi-python-client")
    ran = subprocess.run([program, "generate", "--path", document, "--meta", "none", "--output-path", f"{SCRATCH}/portico_client"],
                         capture_output=True, text=True, timeout=240, check=False, env=ENVIRONMENT)
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    # A file has whatever type it was uploaded with, which this program has no class for.
    troubles = [line for line in said.splitlines() if re.match("Unable|Attempted|Could|Failure|.*will not be generated", line)]
    assert not troubles, said
    for warning in re.findall("^WARNING parsing (.*)$", said, re.MULTILINE):
        assert "/download" in warning, said
    sys.path.insert(0, SCRATCH)


def rule():
    from portico_client import AuthenticatedClient
    from portico_client import models
    from portico_client.api.administration_rules import portico_create_rule, portico_delete_rule, portico_get_rule, portico_test_rule
    from portico_client.api.tags import create_company_tag

    client = AuthenticatedClient(base_url=URL, token=os.environ["PORTICO_TOKEN"])
    tag = create_company_tag.sync(client=client, body=models.CreateTag(name="Generated"))
    assert isinstance(tag, models.Tag), tag
    condition = models.RuleConditionAll([
        models.RuleConditionSubject(models.TextTestContains("invoice")),
        models.RuleConditionNot(models.RuleConditionAny([
            models.RuleConditionHasAttachment(True),
            models.RuleConditionTag(models.IdTestAnyOf([tag.id])),
        ])),
    ])
    definition = models.RuleDefinition(
        when=[models.RuleTriggerInbound("inbound")], if_=condition, then=[models.RuleActionAddTags("add_tags", [tag.id])])
    asked = models.CreateRule(name="Generated", definition=definition, is_enabled=False)
    rule = portico_create_rule.sync(client=client, body=asked)
    assert isinstance(rule, models.RuleWithDefinition), rule
    again = portico_get_rule.sync(rule.id, client=client)
    assert isinstance(again, models.RuleWithDefinition), again
    assert again.definition.to_dict() == definition.to_dict(), again.definition
    assert isinstance(again.definition.if_, models.RuleConditionAll), "it is known by its name"
    nothing = models.CreateRule(name="Nothing", definition=models.RuleDefinition(when=[], then=[]))
    refused = portico_create_rule.sync_detailed(client=client, body=nothing)
    assert refused.status_code == 400 and isinstance(refused.parsed, models.Error), refused
    assert portico_delete_rule.sync_detailed(rule.id, client=client).status_code == 204
    assert portico_get_rule.sync_detailed(rule.id, client=client).status_code == 404


def pages():
    from portico_client import AuthenticatedClient
    from portico_client.api.conversations import list_conversations
    from portico_client.api.events import list_events

    client = AuthenticatedClient(base_url=URL, token=os.environ["PORTICO_TOKEN"])
    conversations = list_conversations.sync(client=client, limit=5)
    assert conversations.field_results and all(one.id.startswith("cnv_") for one in conversations.field_results), conversations
    events = list_events.sync(client=client, limit=5)
    assert events.field_results and all(one.id.startswith("evt_") for one in events.field_results), events


check("a client is made of the document, with every operation and every schema", made)
check("it makes a rule with conditions within conditions, reads it, is refused another, deletes it", rule)
check("it reads conversations and events", pages)
os.write(3, f"{counts['passed']} {counts['failed']} {counts['skipped']}\n".encode())
