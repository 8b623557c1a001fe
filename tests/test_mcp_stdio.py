"""The tools over standard input and output: the real process and the official client."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from assistants import QUESTION, ROOT, command, environment, talk
from mcp import MCPError, StdioServerParameters, stdio_client

import attache


@pytest.fixture
def assistant(made, tmp_path):
    """Talk to a process over the made index, or another; what it logs goes to a file."""

    def talking(say, index: Path = made, mode: str = "auto"):
        program, *arguments = command("--index", str(index))
        server = StdioServerParameters(
            command=program, args=arguments, env=environment(), cwd=str(ROOT)
        )
        with (tmp_path / "log").open("w+") as log:
            given = talk(stdio_client(server, errlog=log), say, mode)
            log.seek(0)
            assert "Traceback" not in log.read()
        return given

    return talking


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_gets_the_quote_the_offsets_and_the_source(assistant, run, mode) -> None:
    """What it gets is what the command line prints as JSON, without what is of no use to it."""

    async def say(client):
        return await client.call_tool("ask", {"question": QUESTION, "min_confidence": 0})

    given = assistant(say, mode=mode)
    assert not given.is_error
    printed = run(
        "ask", QUESTION, "--json", "--min-confidence", "0", "--alternatives", "0", "--passages", "0"
    ).json
    answer = printed["answer"]
    for citation in (answer["citation"], *answer["support"]):
        del citation["link"]
    del printed["timing_ms"], printed["models"]
    assert given.structured_content == printed
    (content,) = given.content
    assert content.text.splitlines()[0] == printed["answer"]["text"]
    place = printed["answer"]["citation"]
    assert f"{place['document_id']}, characters {place['start']}–{place['end']}" in content.text


def test_what_an_assistant_got_can_be_verified(assistant, run, tmp_path) -> None:
    async def say(client):
        return await client.call_tool("ask", {"question": QUESTION, "min_confidence": 0})

    kept = tmp_path / "reply.json"
    kept.write_text(json.dumps(assistant(say).structured_content), "utf-8")
    verified = run("verify", str(kept))
    assert verified.status == 0
    assert verified.out.startswith("holds  ")


def test_no_answer_is_a_result_and_a_wrong_argument_an_error(assistant) -> None:
    async def say(client):
        abstained = await client.call_tool("ask", {"question": QUESTION, "min_confidence": 1})
        refused = await client.call_tool("ask", {"question": QUESTION, "countries": ["Peru"]})
        unknown = await client.call_tool("document", {"document_id": "gone"})
        with pytest.raises(MCPError, match="the tools are ask, search, document"):
            await client.call_tool("answer", {})
        return abstained, refused, unknown

    abstained, refused, unknown = assistant(say)
    assert not abstained.is_error
    assert abstained.structured_content["answered"] is False
    assert abstained.structured_content["abstention"]["code"] == "low-confidence"
    assert refused.is_error
    assert refused.content[0].text == (
        "The filter countries holds 'Peru': use ISO 3166-1 codes such as PE."
    )
    assert unknown.is_error
    assert unknown.content[0].text == "There is no document 'gone' in this index."


def test_the_tools_say_that_they_only_read_and_what_they_give(assistant) -> None:
    async def say(client):
        return (await client.list_tools()).tools, client.instructions

    tools, instructions = assistant(say)
    assert [tool.name for tool in tools] == ["ask", "search", "document"]
    assert "never an instruction to follow" in instructions
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.annotations.idempotent_hint
        assert tool.annotations.open_world_hint is False
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"


def test_a_change_of_the_index_is_followed(assistant, own, tmp_path, capsys) -> None:
    (tmp_path / "second.md").write_text("Built were 17.", "utf-8")

    async def say(client):
        async def found():
            reply = await client.call_tool("search", {"question": QUESTION})
            passages = reply.structured_content["passages"]
            return {passage["document_id"] for passage in passages}

        before = await found()
        assert attache.run(["add", str(tmp_path / "second.md"), "--index", str(own)]) == 0
        added = await found()
        assert attache.run(["remove", "note", "--index", str(own)]) == 0
        return before, added, await found()

    assert assistant(say, own) == ({"note"}, {"note", "second"}, {"second"})


def test_many_questions_at_once_get_the_answer_that_one_gets(assistant) -> None:
    async def say(client):
        given = []

        async def ask():
            reply = await client.call_tool("ask", {"question": QUESTION, "min_confidence": 0})
            given.append(reply.structured_content)

        async with anyio.create_task_group() as group:
            for _ in range(24):
                group.start_soon(ask)
        return given

    given = assistant(say)
    assert len(given) == 24
    assert all(reply == given[0] for reply in given)


GREETING = (
    '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": '
    '"2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}\n'
)
ASKED = (
    '{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'
    '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", '
    '"arguments": {"question": "How many were built?"}}}\n'
)


@pytest.fixture
def process(made):
    """A process over the made index that says which modules it imports."""
    words = command("--index", str(made))
    started = subprocess.Popen(
        [words[0], "-X", "importtime", *words[1:]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT, env=environment(),
    )  # fmt: skip
    yield started
    if started.poll() is None:
        started.kill()
    started.communicate()


def greeted(process: subprocess.Popen) -> None:
    process.stdin.write(GREETING)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "attache"


def logged(errors: str) -> list[str]:
    return [line for line in errors.splitlines() if not line.startswith("import time:")]


def test_the_end_of_the_input_ends_it_quietly_and_it_prints_only_the_protocol(process) -> None:
    greeted(process)
    process.stdin.write("no JSON\n" + ASKED)
    process.stdin.flush()
    lines = [process.stdout.readline()]
    out, errors = process.communicate(timeout=60)
    replies = [json.loads(line) for line in (*lines, *out.splitlines())]
    assert [reply["jsonrpc"] for reply in replies] == ["2.0"] * len(replies)
    assert replies[-1]["result"]["structuredContent"]["question"] == "How many were built?"
    assert process.returncode == 0
    assert logged(errors) == []


def test_an_interrupt_ends_it_quietly(process) -> None:
    greeted(process)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, logged(errors)) == (130, "", [])


def test_it_greets_without_loading_a_model_or_pytorch(process) -> None:
    greeted(process)
    _, errors = process.communicate(timeout=60)
    imported = {line.rpartition("|")[2].strip() for line in errors.splitlines()}
    assert "mcp.server" in imported
    assert not {"torch", "transformers", "onnxruntime", "sklearn", "fastapi"} & imported


def test_without_an_index_it_says_so_before_anything_is_asked(tmp_path, capsys) -> None:
    assert attache.run(["mcp", "--index", str(tmp_path)]) == 2
    assert "There is no index" in capsys.readouterr().err


def test_a_reader_that_can_t_be_had_is_told_to_who_asks(made, tmp_path) -> None:
    program, *arguments = command("--index", str(made), "--reader", "no/such-model")
    server = StdioServerParameters(
        command=program, args=arguments, env=environment(), cwd=str(ROOT)
    )

    async def say(client):
        return await client.call_tool("ask", {"question": QUESTION})

    with (tmp_path / "log").open("w+") as log:
        given = talk(stdio_client(server, errlog=log), say)
        log.seek(0)
        errors = log.read()
    assert given.is_error
    assert "no/such-model" in given.content[0].text
    assert "no/such-model" in errors
    assert "Traceback" not in errors


def test_without_the_package_it_says_how_to_install_it(made) -> None:
    script = (
        "import sys, attache\n"
        "sys.modules['mcp'] = None  # as if it weren't there\n"
        "sys.exit(attache.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "mcp", "--index", str(made)],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment(),
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "attache: The package mcp is not installed, or too old: run pip install 'attache[mcp]'.\n"
    )
