"""Every way to get an experiment file wrong is answered with place, key, what was got, what is allowed, the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentscale.errors import SpecError
from agentscale.experiment import load

BASE = "models:\n  small: {scripted: {replies: [A]}}\ntask: ./quiz\n"  # three lines: what follows starts on line 4

TOP = "budget, embedder, endpoints, independent, models, name, personas, prices, protocol, replicates, sampling, seed, "
TOP += "task, team, tool_steps, tools, topology"
MODEL = "endpoint, extra, json_schema, model, policy, price, profile, reasoning_effort, sampling, scripted, simulated, "
MODEL += "stepping"
PERSONAS = "{personas}"

WRONG = {
    "unknown key": (
        BASE + "tem: {size: 2}\n",
        f"exp.yaml:4: tem: unknown key 'tem'\n  allowed: {TOP}\n  did you mean 'team'?",
    ),
    "unknown key within": (
        BASE + "team:\n  size: [1, 2]\n  layr: L1\n",
        "exp.yaml:6: team.layr: unknown key 'layr'\n"
        "  allowed: layer, members, models, name, pairs, personas, size, tools\n"
        "  did you mean 'layer'?",
    ),
    "models missing": (
        "task: ./quiz\n",
        "exp.yaml: models: is missing\n"
        f"  allowed: a mapping of at least 1 name, each to a mapping with keys out of {MODEL}",
    ),
    "no models": (
        "models: {}\ntask: ./quiz\n",
        "exp.yaml:1: models: got {}\n"
        f"  allowed: a mapping of at least 1 name, each to a mapping with keys out of {MODEL}",
    ),
    "models as a list": (
        "models: [a]\ntask: ./quiz\n",
        "exp.yaml:1: models: got ['a']\n"
        f"  allowed: a mapping of at least 1 name, each to a mapping with keys out of {MODEL}",
    ),
    "a model that says nothing": (
        "models:\n  a:\ntask: ./quiz\n",
        f"exp.yaml:2: models.a: got nothing\n  allowed: a mapping with keys out of {MODEL}",
    ),
    "a model of two kinds": (
        "models:\n  a: {model: x, scripted: {replies: [A]}}\ntask: ./quiz\n",
        "exp.yaml:2: models.a: give exactly one of model, simulated, scripted, stepping, policy",
    ),
    "a model's name with a slash": (
        "models:\n  a/b: {model: x}\ntask: ./quiz\n",
        "exp.yaml:2: models.\"a/b\": 'a/b' cannot be a name\n"
        "  allowed: printable text without '/' and '@', and not '-' alone",
    ),
    "an unknown profile": (
        "models:\n  a: {model: x, profile: openai-reasonin}\ntask: ./quiz\n",
        "exp.yaml:2: models.a.profile: unknown profile 'openai-reasonin'\n  allowed: deepseek, deepseek-reasoner, "
        "mistral, no-system, openai-o1-early, openai-reasoning, openai-recent, plain\n"
        "  did you mean 'openai-reasoning'?",
    ),
    "a profile that leaves out what is no parameter": (
        "models:\n  a:\n    model: x\n    profile: {unsent: [messages]}\ntask: ./quiz\n",
        "exp.yaml:4: models.a.profile.unsent[0]: got 'messages'\n  allowed: one of temperature, top_p, max_tokens, "
        "stop, seed, reasoning_effort, json_schema, stream, stream_options, tools",
    ),
    "a profile of a script": (
        "models:\n  a: {scripted: {replies: [A]}, profile: plain, extra: {a: 1}}\ntask: ./quiz\n",
        "exp.yaml:2: models.a: extra, profile belong to a model at an endpoint, named under model",
    ),
    "a field that has a place of its own": (
        "models:\n  a: {model: x, extra: {max_completion_tokens: 4}}\ntask: ./quiz\n",
        "exp.yaml:2: models.a.extra: extra holds 'max_completion_tokens', which has a place of its own\n"
        "  write it under sampling, as max_tokens",
    ),
    "a secret among the further fields": (
        "models:\n  a: {model: x, extra: {body: [{api_key: hunter2}]}}\ntask: ./quiz\n",
        "exp.yaml:2: models.a.extra: extra holds 'api_key', which looks like a secret and would be written into the "
        "run folder\n  allowed: fields that anyone may read\n"
        "  name the key's variable under api_key_env of the endpoint",
    ),
    "azure without its version": (
        BASE + "endpoints:\n  here: {base_url: https://mine.openai.azure.com, api: azure}\n",
        "exp.yaml:5: endpoints.here: api azure needs base_url, such as https://NAME.openai.azure.com, and api_version",
    ),
    "a version without azure": (
        BASE + "endpoints:\n  here: {base_url: https://h/v1, api_version: 2024-10-21}\n",
        "exp.yaml:5: endpoints.here: api_version belongs to api azure: give both or neither",
    ),
    "unknown endpoint": (
        "models:\n  a: {model: x, endpoint: here}\nendpoints: {heer: {}}\ntask: ./quiz\n",
        "exp.yaml:2: models.a.endpoint: unknown endpoint 'here'\n  allowed: heer\n  did you mean 'heer'?",
    ),
    "an endpoint with two origins": (
        BASE + "endpoints:\n  e: {base_url: x, launch: {model: y}}\n",
        "exp.yaml:5: endpoints.e: give one of base_url, base_urls and launch",
    ),
    "a base URL that is none": (
        BASE + "endpoints:\n  e:\n    base_url: 127.0.0.1:8080/v1\n",
        "exp.yaml:6: endpoints.e.base_url: base_url '127.0.0.1:8080/v1' is not an address\n"
        "  allowed: http:// or https://, a host, and the path of the API, such as http://127.0.0.1:8080/v1",
    ),
    "a base URL with a password": (
        BASE + "endpoints:\n  e:\n    base_url: https://user:hunter2@host/v1\n",
        "exp.yaml:6: endpoints.e.base_url: base_url 'https://***@host/v1' has a part that may be secret, "
        "and would be written into the run folder\n  allowed: a URL without user, password or query\n"
        "  name the key's variable under api_key_env; a URL that needs a query may stand in OPENAI_BASE_URL, "
        "which is never written",
    ),
    "unknown preset": (
        "models: {a: {simulated: {preset: mcq}}}\ntask: ./quiz\n",
        "exp.yaml:1: models.a.simulated.preset: unknown preset of the simulator 'mcq'\n"
        "  allowed: mcq-default, mcq-parse-failures",
    ),
    "a world that cannot be": (
        "models:\n  a:\n    simulated:\n      world: {fresh: 2}\ntask: ./quiz\n",
        "exp.yaml:4: models.a.simulated.world.fresh: got 2\n  allowed: a number ≥ 0 and ≤ 1",
    ),
    "a model that its world lacks": (
        "models: {a: {simulated: {model: 3}}}\ntask: ./quiz\n",
        "exp.yaml:1: models.a.simulated.model: the world has no model 3\n  allowed: 0 to 2",
    ),
    "unknown model": (
        BASE + "team:\n  models: [small, smal]\n",
        "exp.yaml:5: team.models[1]: unknown model 'smal'\n  allowed: small\n  did you mean 'small'?",
    ),
    "a list of no models": (
        BASE + "team: {models: []}\n",
        "exp.yaml:4: team.models: the list is empty\n  allowed: all, or the name of a model",
    ),
    "unknown persona": (
        BASE + "team: {layer: L2, personas: septic}\n",
        f"exp.yaml:4: team.personas: unknown persona 'septic'\n  allowed: {PERSONAS}\n  did you mean 'sceptic'?",
    ),
    "empty persona": (
        BASE + "personas:\n  mute: ''\n",
        "exp.yaml:5: personas.mute: the persona is empty\n  allowed: the text that opens its context",
    ),
    "size 0": (
        BASE + "team: {size: [1, 0]}\n",
        "exp.yaml:4: team.size[1]: got 0\n  allowed: a whole number ≥ 1",
    ),
    "size as text": (
        BASE + "team: {size: '4'}\n",
        "exp.yaml:4: team.size: got '4'\n  allowed: a whole number ≥ 1",
    ),
    "size as truth": (
        BASE + "team: {size: true}\n",
        "exp.yaml:4: team.size: got true\n  allowed: a whole number ≥ 1",
    ),
    "size as a fraction": (
        BASE + "team: {size: 2.0}\n",
        "exp.yaml:4: team.size: got 2.0\n  allowed: a whole number ≥ 1",
    ),
    "no size": (
        BASE + "team: {size: []}\n",
        "exp.yaml:4: team.size: got []\n  allowed: a list of at least 1 item, each a whole number ≥ 1",
    ),
    "a size twice": (
        BASE + "team:\n  size:\n  - 2\n  - 2\n",
        "exp.yaml:7: team.size[1]: the size 2 stands twice\n  keep one of them",
    ),
    "a size beyond all memory": (
        BASE + "team: {size: 5000000}\n",
        "exp.yaml:4: team: the teams of a task have 5,000,000 agents in all\n  allowed: at most 1,000,000",
    ),
    "unknown layer": (
        BASE + "team: {layer: [L1, L5]}\n",
        "exp.yaml:4: team.layer[1]: got 'L5'\n  allowed: one of L1, L2, L3, L4",
    ),
    "unknown model of a member": (
        BASE + "team: {members: [{model: small}, {model: big}]}\n",
        "exp.yaml:4: team.members[1].model: unknown model 'big'\n  allowed: small",
    ),
    "a member without a model": (
        BASE + "team:\n  members:\n  - persona: sceptic\n",
        "exp.yaml:6: team.members[0].model: is missing\n  allowed: text",
    ),
    "members and layers": (
        BASE + "team: {members: [{model: small}], layer: L1}\n",
        "exp.yaml:4: team: members describe the team alone: leave layer, models, personas and tools out",
    ),
    "two teams of one name": (
        BASE + "team: [{layer: L4, size: 2}, {layer: L4, size: 2}]\n",
        "exp.yaml:4: team: two L4 teams are called 'L4' and have the size 2\n  give each its own name, under team.name",
    ),
    "two teams of one name and other members": (
        "models: {a: {scripted: {replies: [A]}}, b: {scripted: {replies: [B]}}}\ntask: ./quiz\n"
        "team: [{members: [{model: a}]}, {members: [{model: a}, {model: b}]}]\n",
        "exp.yaml:3: team: two explicit teams are called 'team' and are not one team at two sizes: "
        "agent 2 is a/- in one and b/- in the other\n  give each its own name, under team.name",
    ),
    "two layers of one name and other models": (
        "models: {a: {scripted: {replies: [A]}}, b: {scripted: {replies: [B]}}, c: {scripted: {replies: [C]}}}\n"
        "task: ./quiz\nteam: [{layer: L3, size: 2, models: [a, b]}, {layer: L3, size: 4, models: [a, c]}]\n",
        "exp.yaml:3: team: two L3 teams are called 'L3' and are not one team at two sizes: "
        "agent 2 is b/- in one and c/- in the other\n  give each its own name, under team.name",
    ),
    "two layers of one name and other personas": (
        BASE + "team: [{layer: L2, size: 2, personas: sceptic}, {layer: L2, size: 4, personas: formalist}]\n",
        "exp.yaml:4: team: two L2 teams are called 'small' and are not one team at two sizes: "
        "agent 1 is small/sceptic in one and small/formalist in the other\n  give each its own name, under team.name",
    ),
    "a folder without a task": (
        BASE.replace("./quiz", "{name: .}"),
        "exp.yaml:3: task.name: '.' is a folder without a task.yaml, no task\n  allowed: {tasks}\n"
        "  or name a folder that holds a task.yaml",
    ),
    "a file for a task": (
        BASE.replace("./quiz", "[./quiz, quiz/samples.jsonl]"),
        "exp.yaml:3: task[1]: 'quiz/samples.jsonl' is a file, no task\n  allowed: {tasks}\n"
        "  or name a folder that holds a task.yaml",
    ),
    "a task's head for the task": (
        BASE.replace("./quiz", "./quiz/task.yaml"),
        "exp.yaml:3: task: './quiz/task.yaml' is a file, no task\n  allowed: {tasks}\n  did you mean './quiz'?\n"
        "  or name a folder that holds a task.yaml",
    ),
    "a task twice": (
        BASE.replace("./quiz", "[./quiz, ./quiz]"),
        "exp.yaml:3: task[1]: the task 'quiz' stands twice\n  keep one of them",
    ),
    "a level that no sample has": (
        BASE.replace("./quiz", "{name: ./quiz, levels: [1, 7]}"),
        "exp.yaml:3: task.levels[1]: no sample of the task 'quiz' has level 7\n  allowed: 1, 2, 3",
    ),
    "limit 0": (
        BASE.replace("./quiz", "{name: ./quiz, limit: 0}"),
        "exp.yaml:3: task.limit: got 0\n  allowed: a whole number ≥ 1",
    ),
    "empty list of a topology's parameter": (
        BASE + "protocol: debate\ntopology: [ring, {small_world: {k: []}}]\n",
        "exp.yaml:5: topology[1].small_world.k: the list is empty\n  allowed: one value, or a list of one or more",
    ),
    "wrong value in a list of a topology's parameter": (
        BASE + "protocol: debate\ntopology: {small_world: {p: [0, 2]}}\n",
        "exp.yaml:5: topology.small_world.p: got 2\n  allowed: a number ≥ 0 and ≤ 1",
    ),
    "value that stands twice in a list of a topology's parameter": (
        BASE + "protocol: debate\ntopology: {small_world: {p: [0.5, 0.5]}}\n",
        "exp.yaml:5: topology: the topology small_world(k=4,p=0.5) stands twice\n  keep one of them",
    ),
    "unknown protocol": (
        BASE + "protocol: [vote, debat]\n",
        "exp.yaml:4: protocol[1]: unknown protocol 'debat'\n  allowed: {protocols}\n  did you mean 'debate'?",
    ),
    "unknown parameter": (
        BASE + "protocol: [vote, {debate: {round: 2}}]\n",
        "exp.yaml:4: protocol[1].debate.round: unknown key 'round'\n  allowed: {debate}\n  did you mean 'rounds'?",
    ),
    "wrong parameter": (
        BASE + "protocol:\n- debate:\n    see: answer\n    rounds: 0\n",
        "exp.yaml:7: protocol[0].debate.rounds: got 0\n  allowed: a whole number ≥ 1",
    ),
    "wrong parameter, spelled out": (
        BASE + "protocol: {name: debate, parameters: {rounds: x}}\n",
        "exp.yaml:4: protocol.parameters.rounds: got 'x'\n  allowed: a whole number ≥ 1",
    ),
    "parameters that are none": (
        BASE + "protocol: {debate: 3}\n",
        "exp.yaml:4: protocol.debate: got 3\n  allowed: a mapping",
    ),
    "two protocols in one mapping": (
        BASE + "protocol: {debate: {}, vote: {}}\n",
        "exp.yaml:4: protocol: write one name with its parameters, {name: {parameter: value}}; "
        "several levels are a list",
    ),
    "a protocol twice": (
        BASE + "protocol: [debate, {debate: {rounds: 3}}]\n",
        "exp.yaml:4: protocol[1]: the protocol debate(rounds=3,see=answer) stands twice\n  keep one of them",
    ),
    "unknown topology": (
        BASE + "topology: rng\n",
        "exp.yaml:4: topology: unknown topology 'rng'\n  allowed: {topologies}\n  did you mean 'ring'?",
    ),
    "wrong parameter of a topology": (
        BASE + "topology: {small_world: {k: 3}}\n",
        "exp.yaml:4: topology.small_world.k: got 3\n  allowed: a whole number ≥ 2, a multiple of 2",
    ),
    "a graph file that is not there": (
        BASE + "topology: {file: {path: no.graphml}}\n",
        "exp.yaml:4: topology.file.path: no.graphml: no such graph file\n"
        "  give a path relative to the file that names it, or an absolute one",
    ),
    "a graph file with a wrong line": (
        BASE + "topology:\n- ring\n- file:\n    directed: true\n    path: quiz/task.yaml.txt\n",
        "exp.yaml:8: topology[1].file.path: quiz/task.yaml.txt:2: "
        "node '3' has an edge to itself: an agent does not read itself as a peer\n"
        "  mend the file: one edge 'u v' a line, '#' starts a comment",
    ),
    "a graph file that is spelled out": (
        BASE + "topology:\n  name: file\n  parameters:\n    path: no.csv\n",
        "exp.yaml:7: topology.parameters.path: no.csv: no such graph file\n"
        "  give a path relative to the file that names it, or an absolute one",
    ),
    "a topology that cannot have that size": (
        BASE + "protocol: debate\nteam: {size: [2, 4]}\ntopology: {small_world: {k: 4}}\n",
        "exp.yaml:6: topology: no cell is left; "
        "small_world(k=4,p=0.1) with 2 agents: k = 4 neighbours need more than 4 agents; "
        "small_world(k=4,p=0.1) with 4 agents: k = 4 neighbours need more than 4 agents\n"
        "  change team.size or topology",
    ),
    "an unknown trait": (
        BASE + "protocol: {debate: {traits: EXO}}\n",
        "exp.yaml:4: protocol.debate.traits: unknown trait 'X'; allowed: E (easy-going) and O (overconfident), one "
        "letter for each agent, as in EEO",
    ),
    "a society of another size": (
        BASE + "team: {size: [2, 4]}\nprotocol: {debate: {traits: EEO}}\n",
        "exp.yaml:5: protocol: no cell is left; complete with 2 agents: debate has 3 traits (EEO), and the team 2 "
        "agents; complete with 4 agents: debate has 3 traits (EEO), and the team 4 agents\n"
        "  change team.size, topology or protocol",
    ),
    "a schedule of another length than rounds": (
        BASE + "protocol: {debate: {rounds: 3, schedule: DR}}\n",
        "exp.yaml:4: protocol.debate: the schedule has 2 rounds, and rounds says 3; leave rounds out",
    ),
    "a topological debate over a cycle": (
        BASE + "team: {size: 3}\ntopology: ring\nprotocol: {debate: {order: topological}}\n",
        "exp.yaml:6: protocol: no cell is left; ring with 3 agents: debate in topological order needs a graph without "
        "cycles, such as chain\n  change team.size, topology or protocol",
    ),
    "a control of personas that nobody has": (
        BASE + "protocol: {vote: {personas: padding}}\n",
        "exp.yaml:4: protocol: no cell is left; 1 agent: vote with personas padding needs a team whose members all "
        "have personas: layer L2 or L4\n  change team.size, topology or protocol",
    ),
    "weights for other models": (
        BASE + "protocol: {weighted_vote: {weights: {large: 1}}}\n",
        "exp.yaml:4: protocol: no cell is left; 1 agent: weighted_vote has no weight for the member small/-; weights "
        "are given for large\n  change team.size, topology or protocol",
    ),
    "a judge of an unknown model": (
        BASE + "protocol:\n  judged:\n    judge: {model: smal}\n",
        "exp.yaml:6: protocol.judged.judge.model: unknown model 'smal'\n  allowed: small\n  did you mean 'small'?",
    ),
    "a judge of an unknown persona, spelled out": (
        BASE + "protocol: [vote, {name: judged, parameters: {judge: {model: small, persona: skeptic}}}]\n",
        "exp.yaml:4: protocol[1].parameters.judge.persona: unknown persona 'skeptic'\n"
        f"  allowed: {PERSONAS}\n  did you mean 'sceptic'?",
    ),
    "a judge without a model": (
        BASE + "protocol: {judged: {judge: {persona: sceptic}}}\n",
        "exp.yaml:4: protocol.judged.judge.model: is missing\n  allowed: text",
    ),
    "too hot": (
        BASE + "sampling: {temperature: 3}\n",
        "exp.yaml:4: sampling.temperature: got 3\n  allowed: a number ≥ 0 and ≤ 2",
    ),
    "a stop without brackets": (
        BASE + "sampling: {stop: END}\n",
        "exp.yaml:4: sampling.stop: got 'END'\n  allowed: a list, each text",
    ),
    "a seed of another kind": (
        BASE + "sampling: {seed: often}\n",
        "exp.yaml:4: sampling.seed: got 'often'\n  allowed: a whole number, or derived",
    ),
    "a name for no folder": (
        BASE + "name: a/b\n",
        "exp.yaml:4: name: got 'a/b'\n  allowed: text that matches ^[A-Za-z0-9][A-Za-z0-9._-]*$",
    ),
    "yes for true": (
        BASE + "independent: yes\n",
        "exp.yaml:4: independent: got 'yes'\n  allowed: true or false",
    ),
    "duplicate key": (
        BASE + "seed: 1\nseed: 2\n",
        "exp.yaml:5: seed: this key stands on line 4 already\n  keep one of them",
    ),
    "tab": (
        BASE + "team:\n\tsize: 2\n",
        "exp.yaml:5: is not YAML: while scanning for the next token, "
        "found character '\\t' that cannot start any token\n"
        "  indent with spaces: YAML allows no tab there",
    ),
    "YAML error": (
        BASE + "team: {size: [1, 2}\n",
        "exp.yaml:4: is not YAML: while parsing a flow sequence, expected ',' or ']', but got '}'\n"
        "  quote texts that hold ': ' or ' #', or begin with '{', '[', '*' or '&'; indent with spaces",
    ),
    "a text with a colon": (
        BASE + "personas: {a: 1}\nname: it is: so\n",
        "exp.yaml:5: is not YAML: mapping values are not allowed here\n"
        "  quote texts that hold ': ' or ' #', or begin with '{', '[', '*' or '&'; indent with spaces",
    ),
    "two documents": (
        BASE + "---\nseed: 2\n",
        "exp.yaml:4: is not YAML: expected a single document in the stream, but found another document\n"
        "  delete the line '---' and what follows it, or give it a file of its own",
    ),
    "a tag": (
        BASE + "seed: !!python/object:os.system x\n",
        "exp.yaml:4: the tag 'tag:yaml.org,2002:python/object:os.system' is not allowed\n  write the plain value",
    ),
    "a zero byte": (
        BASE + "name: a\0b\n",
        "exp.yaml:4: the character U+0000 cannot stand in YAML\n  delete it",
    ),
    "empty file": ("", "exp.yaml: the file is empty\n  allowed: an experiment file: a mapping of keys to values"),
    "comments only": (
        "# later\n",
        "exp.yaml: the file is empty\n  allowed: an experiment file: a mapping of keys to values",
    ),
    "a list at the top": (
        "- models\n- task\n",
        "exp.yaml:1: the top level is a list\n  allowed: an experiment file: a mapping of keys to values",
    ),
    "a word at the top": (
        "hello\n",
        "exp.yaml:1: the top level is a single value\n  allowed: an experiment file: a mapping of keys to values",
    ),
    "more anchors than values": (
        "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
        "exp.yaml:1: has more than 100,000 values\n  use fewer anchors, or less data",
    ),
    "an anchor within itself": ("a: &a [*a]\n", "exp.yaml:1: an anchor stands inside itself"),
    "nested too deeply": ("a: " + "[" * 600, "exp.yaml: is nested too deeply"),
    "an endless number": (
        BASE + "sampling: {temperature: 1e999}\n",
        "exp.yaml:4: '1e999' cannot be read as a finite number",
    ),
    "half of a surrogate pair": (
        BASE + 'name: "\\ud800"\n',
        "exp.yaml:4: '\\ud800' holds half of a surrogate pair\n  allowed: Unicode text",
    ),
    "a merge of no mapping": (
        BASE + "team:\n  <<: 3\n",
        "exp.yaml:5: '<<' merges what is no mapping\n  allowed: an alias of a mapping, or several",
    ),
}


def known() -> dict[str, str]:
    """What the families hold today, for messages that list it."""
    from agentscale.catalog import experiments, personas, topologies
    from agentscale.catalog.task_folders import task_names
    from agentscale.protocols import PROTOCOLS
    from agentscale.topology import TOPOLOGIES

    return {
        "{tasks}": ", ".join(task_names()) or "no task is defined",
        "{personas}": ", ".join(sorted(entry.name for entry in personas())),
        "{experiments}": ", ".join(entry.name for entry in experiments()),
        "{protocols}": ", ".join(sorted(PROTOCOLS)),
        "{debate}": ", ".join(sorted(PROTOCOLS["debate"].model_fields)),
        "{topologies}": ", ".join(sorted({*TOPOLOGIES, *(entry.name for entry in topologies())})),
    }


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_answered_in_the_users_terms(name: str, desk: Path) -> None:
    text, expected = WRONG[name]
    for mark, names in known().items():
        expected = expected.replace(mark, names)
    Path("exp.yaml").write_text(text, "utf-8")
    Path("quiz/task.yaml.txt").write_text("1 2\n3 3\n")
    with pytest.raises(SpecError) as caught:
        load("exp.yaml")
    assert str(caught.value) == expected
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@host/v1",
        "https://hunter2@host/v1",
        "https://host/v1?key=hunter2",
        "https://host/v1?key=a@hunter2",
        "https://host/v1#hunter2",
        "https://us:er/hunter2@host/v1",
        "https://user:?hunter2@host/v1",
        "ftp://user:hunter2@host/v1",
        "user:hunter2@host/v1",
        "user:hunter2@https://host/v1",
    ],
)
@pytest.mark.parametrize("way", ["file", "override", "override of the endpoint"])
def test_what_opens_an_endpoint_may_not_stand_in_the_file_and_is_not_shown(url: str, way: str, desk: Path) -> None:
    written = f"endpoints: {{e: {{base_url: '{url}'}}}}\n"
    Path("exp.yaml").write_text(BASE + (written if way == "file" else ""), "utf-8")
    overrides = {"file": (), "override": (f"endpoints.e.base_url='{url}'",)}
    with pytest.raises(SpecError) as caught:
        load("exp.yaml", overrides.get(way, (f"endpoints.e={{base_url: '{url}'}}",)))
    assert "hunter2" not in str(caught.value)
    assert caught.value.key == "endpoints.e.base_url"
    assert caught.value.file == ("exp.yaml" if way == "file" else "an override")


def test_all_errors_of_a_file_stand_in_one_message_five_at_most(desk: Path) -> None:
    text = BASE + "sed: 1\nname: 4\nreplicates: 0\nsampling: {temperature: 9, top_p: 4}\nteam: {size: 0}\nseed: -1\n"
    Path("exp.yaml").write_text(text, "utf-8")
    with pytest.raises(SpecError) as caught:
        load("exp.yaml")
    assert str(caught.value) == (
        f"exp.yaml:4: sed: unknown key 'sed'\n  allowed: {TOP}\n  did you mean 'seed'?\n"
        "  further errors:\n"
        "    exp.yaml:5: name: got 4\n    allowed: text that matches ^[A-Za-z0-9][A-Za-z0-9._-]*$\n"
        "    exp.yaml:6: replicates: got 0\n    allowed: a whole number ≥ 1\n"
        "    exp.yaml:7: sampling.temperature: got 9\n    allowed: a number ≥ 0 and ≤ 2\n"
        "    exp.yaml:7: sampling.top_p: got 4\n    allowed: a number > 0 and ≤ 1\n"
        "    and 2 more"
    )
    assert (caught.value.line, caught.value.key) == (4, "sed")


def test_errors_of_names_are_collected_over_all_factors(desk: Path) -> None:
    Path("exp.yaml").write_text(BASE + "protocol: vot\ntopology: rng\nteam: {models: big}\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        load("exp.yaml")
    lines = [row.strip() for row in str(caught.value).splitlines() if "exp.yaml" in row]
    assert lines == [
        "exp.yaml:4: protocol: unknown protocol 'vot'",
        "exp.yaml:5: topology: unknown topology 'rng'",
        "exp.yaml:6: team.models: unknown model 'big'",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no.yaml", "no.yaml: there is no such file\n  allowed: an experiment file"),
        ("quiz", "quiz: this is a folder\n  allowed: an experiment file"),
        ("latin.yaml", "latin.yaml:4: is not UTF-8: byte 0xe9\n  save the file as UTF-8"),
        (
            "large.yaml",
            "large.yaml: has 1,000,001 bytes\n  allowed: an experiment file of at most 1,000,000 bytes",
        ),
        (
            "mian",
            "there is no file and no ready experiment 'mian'\n  allowed: {experiments}\n"
            "  did you mean 'main'?\n  or the path of an experiment file",
        ),
        ("a\0.yaml", "a\0.yaml: cannot be read: embedded null byte"),
        ("x" * 300 + ".yaml", "x" * 300 + ".yaml: cannot be read: File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(path: str, expected: str, desk: Path) -> None:
    Path("latin.yaml").write_bytes(BASE.encode() + b"name: caf\xe9\n")
    Path("large.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(SpecError) as caught:
        load(path)
    assert str(caught.value) == expected.replace("{experiments}", known()["{experiments}"])


def test_an_error_in_a_tasks_own_file_names_that_file(desk: Path) -> None:
    Path("quiz/samples.jsonl").write_text('{"id": "q0", "input": "?", "target": "A"}\n', "utf-8")
    Path("exp.yaml").write_text(BASE, "utf-8")
    with pytest.raises(SpecError) as caught:
        load("exp.yaml")
    assert str(caught.value) == (
        "quiz/samples.jsonl:1: choices: 0 choices\n  allowed: 2 to 26 choices for the kind 'choice'"
    )
