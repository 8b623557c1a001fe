"""Settings: options over the environment, the environment over the defaults."""

import io
from pathlib import Path

import pytest

from corpus.errors import InvalidSetting
from service.settings import Settings, colors, default_folder, read_settings


def test_without_anything_the_index_is_the_default_one() -> None:
    assert read_settings(environment={}) == Settings(default_folder(), True, None, None)


def test_the_default_folder_lies_in_the_user_s_data_folder(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "attache" / "index"


def test_the_environment_names_the_index_the_encoder_and_the_reader() -> None:
    environment = {"ATTACHE_INDEX": "here", "ATTACHE_ENCODER": "mine", "ATTACHE_READER": "own"}
    settings = read_settings(environment=environment)
    assert settings == Settings(Path("here"), False, "mine", "own")


def test_an_option_wins_over_the_environment() -> None:
    environment = {"ATTACHE_INDEX": "here", "ATTACHE_ENCODER": "mine", "ATTACHE_READER": "own"}
    settings = read_settings(Path("there"), "yours", "another", environment)
    assert settings == Settings(Path("there"), False, "yours", "another")


def test_a_tilde_is_the_user_s_home() -> None:
    assert read_settings(Path("~/index"), environment={}).index == Path.home() / "index"


def test_the_file_of_keys_is_the_option_s_else_the_environment_s_else_nobody_s() -> None:
    environment = {"ATTACHE_KEYS": "~/keys.json"}
    assert read_settings(environment=environment).keys == Path.home() / "keys.json"
    assert read_settings(keys=Path("mine"), environment=environment).keys == Path("mine")
    assert read_settings(environment={}).keys is None


@pytest.mark.parametrize(
    "name", ["ATTACHE_INDEX", "ATTACHE_ENCODER", "ATTACHE_READER", "ATTACHE_KEYS"]
)
@pytest.mark.parametrize("value", ["", "  "])
def test_a_variable_that_is_set_but_blank_is_refused(name, value) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} is set but empty"):
        read_settings(environment={name: value})


def test_a_blank_encoder_or_reader_and_the_home_of_nobody_are_refused() -> None:
    with pytest.raises(InvalidSetting, match="encoder's name is empty"):
        read_settings(encoder=" ", environment={})
    with pytest.raises(InvalidSetting, match="reader's name is empty"):
        read_settings(reader="", environment={"ATTACHE_READER": "own"})
    with pytest.raises(InvalidSetting, match="no such user"):
        read_settings(Path("~nobody-of-this-name/index"), environment={})
    with pytest.raises(InvalidSetting, match="no such user"):
        read_settings(keys=Path("~nobody-of-this-name/keys"), environment={})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colors_are_for_terminals_and_not_where_no_color_is_set(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout", Terminal())
    assert colors({})
    assert colors({"NO_COLOR": ""})
    assert not colors({"NO_COLOR": "1"})
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert not colors({})
