"""The commands of API keys, and when `attache serve` listens without any."""

from pathlib import Path

import pytest

from corpus.errors import InvalidSetting, KeysUnavailable
from service.access_options import DEFAULT_RATE, access_from
from service.keys import add_key, matching, read_keys

OPTIONS = {
    "keys_file": None, "without_keys": False, "rate_limit": None, "proxies": (), "origins": (),
    "hosts": (),
}  # fmt: skip


def test_a_key_is_printed_once_and_kept_in_the_index_s_folder(run, tmp_path) -> None:
    made = run("keys", "add", "newsroom", "--scope", "ask", "--scope", "read", index=tmp_path)
    assert made.status == 0
    keys = read_keys(tmp_path / "keys.json") or ()
    assert matching(keys, made.out.strip()) == keys[0]
    listed = run("keys", "list", index=tmp_path)
    assert listed.out == f"newsroom  ask, read  {keys[0].created}\n"
    assert made.out.strip() not in listed.out


def test_the_commands_speak_json(run, tmp_path) -> None:
    file = str(tmp_path / "keys.json")
    made = run("keys", "add", "a", "--scope", "write", "--json", index=tmp_path).json
    assert (made["name"], made["scopes"], made["file"]) == ("a", ["write"], file)
    listed = run("keys", "list", "--json", index=tmp_path).json
    assert [(key["name"], key["scopes"]) for key in listed["keys"]] == [("a", ["write"])]
    gone = run("keys", "revoke", "a", "--json", index=tmp_path).json
    assert gone == {"revoked": "a", "left": 0, "file": file}


def test_the_last_key_s_end_opens_nothing_and_says_so(run, tmp_path) -> None:
    run("keys", "add", "a", "--scope", "ask", index=tmp_path)
    gone = run("keys", "revoke", "a", index=tmp_path)
    assert (gone.status, gone.out) == (0, "revoked a, 0 left\n")
    assert "nobody gets in until one is added" in gone.err
    assert "nobody gets in until one is added" in run("keys", "list", index=tmp_path).err


def test_without_a_file_the_list_says_where_it_would_be(run, tmp_path) -> None:
    listed = run("keys", "list", index=tmp_path)
    assert (listed.status, listed.out) == (0, "")
    assert str(tmp_path / "keys.json") in listed.err


def test_another_file_is_named_by_option_or_environment(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ATTACHE_KEYS", str(tmp_path / "environment.json"))
    run("keys", "add", "a", "--scope", "ask")
    run("keys", "add", "b", "--scope", "ask", "--keys", str(tmp_path / "option.json"))
    assert [key.name for key in read_keys(tmp_path / "environment.json") or ()] == ["a"]
    assert [key.name for key in read_keys(tmp_path / "option.json") or ()] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "a"], "Missing option '--scope'"),
        (["add", "a", "--scope", "all"], "is not one of"),
        (["add", "../a", "--scope", "ask"], "can't be used"),
        (["revoke", "a"], "There is no key named 'a'"),
        (["list", "--keys", " "], "it is empty"),
    ],
)
def test_what_is_wrong_is_told_with_status_2(run, tmp_path, arguments, message) -> None:
    ran = run("keys", *arguments, index=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "some.example"])
def test_without_keys_only_loopback_is_listened_on_unless_insisted(tmp_path, host) -> None:
    with pytest.raises(InvalidSetting, match=f"not on {host}: .*--without-keys"):
        access_from(tmp_path, host, OPTIONS)
    insisted = access_from(tmp_path, host, OPTIONS | {"without_keys": True})
    assert insisted.open_without_keys
    add_key(tmp_path / "keys.json", "a", ["ask"])
    assert not access_from(tmp_path, host, OPTIONS).open_without_keys


def test_serve_itself_refuses_before_anything_is_loaded(run, tmp_path) -> None:
    ran = run("serve", "--host", "0.0.0.0", index=tmp_path)
    assert ran.status == 2
    assert "attache keys add" in ran.err


def test_on_loopback_names_are_checked_and_nothing_is_counted(tmp_path) -> None:
    access = access_from(tmp_path, "127.0.0.1", OPTIONS)
    assert (access.open_without_keys, access.rate) == (True, None)
    assert access.hosts == ("127.0.0.1",)
    assert access_from(tmp_path, "localhost", OPTIONS | {"hosts": ("*",)}).hosts is None
    behind = access_from(tmp_path, "127.0.0.1", OPTIONS | {"proxies": ("127.0.0.1",)})
    assert behind.rate == DEFAULT_RATE


def test_elsewhere_requests_are_counted_and_any_name_will_do_unless_one_is_given(tmp_path) -> None:
    add_key(tmp_path / "keys.json", "a", ["ask"])
    access = access_from(tmp_path, "0.0.0.0", OPTIONS)
    assert (access.hosts, access.rate) == (None, DEFAULT_RATE)
    named = access_from(tmp_path, "0.0.0.0", OPTIONS | {"hosts": ("Attache.example.org",)})
    assert named.hosts == ("attache.example.org", "0.0.0.0")
    assert access_from(tmp_path, "0.0.0.0", OPTIONS | {"rate_limit": "none"}).rate is None


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("rate_limit", "many", "The rate 'many'"),
        ("rate_limit", "0/minute", "The rate '0/minute'"),
        ("rate_limit", "-1/minute", "The rate '-1/minute'"),
        ("rate_limit", "5/minute;", "The rate '5/minute;'"),
        ("rate_limit", "5/fortnight", "The rate '5/fortnight'"),
        ("rate_limit", "", "The rate ''"),
        ("proxies", ("proxy.example.org",), "The proxy 'proxy.example.org'"),
        ("proxies", ("10.0.0.1/8",), "The proxy '10.0.0.1/8'"),
        ("proxies", ("*",), "The proxy '\\*'"),
        ("origins", ("news.example.org",), "The origin 'news.example.org'"),
        ("origins", ("https://news.example.org/",), "The origin"),
        ("origins", ("null",), "The origin 'null'"),
        ("hosts", ("news.example.org:80",), "The host 'news.example.org:80'"),
        ("hosts", ("",), "The host ''"),
        ("hosts", ("a b",), "The host 'a b'"),
    ],
)
def test_an_option_s_value_that_means_nothing_is_refused(tmp_path, option, value, message) -> None:
    with pytest.raises(InvalidSetting, match=message):
        access_from(tmp_path, "127.0.0.1", OPTIONS | {option: value})


def test_a_damaged_file_of_keys_is_told_of_before_anything_is_served(tmp_path) -> None:
    (tmp_path / "keys.json").write_text("{", "utf-8")
    with pytest.raises(KeysUnavailable, match="nobody gets in"):
        access_from(Path(tmp_path), "127.0.0.1", OPTIONS)
