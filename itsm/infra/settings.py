"""One settings object, from the environment (``ITSM_*``) or a TOML file (``ITSM_CONFIG``); unknown keys are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "ITSM_"
DEFAULT_BIND = "127.0.0.1:8000"
_NOT_SETTINGS = {"ITSM_CONFIG", "ITSM_CORPORA"}


class SettingsError(Exception):
    """The configuration cannot be used; the message names the key and says what to write."""


class Settings(BaseSettings):
    """Everything an installation can be told from outside. Secrets never have a default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="Where the embedded database, files and keys live.")
    database_url: str = Field("", description="postgresql+psycopg://… ; empty: SQLite in the data directory.")
    base_url: str = Field("", description="The address people use, in links and mails; default: http://<bind>.")
    bind: str = Field(DEFAULT_BIND, description="host:port that `itsm serve` listens on.")
    web_workers: int = Field(1, ge=1, le=64, description="Web server processes.")
    web_threads: int = Field(8, ge=1, le=256, description="Threads in each web server process.")
    job_threads: int = Field(4, ge=1, le=64, description="Jobs a worker runs at a time.")
    secret_key: str = Field("", description="Signs cookies; empty: made once and kept in the data directory.")
    key_file: Path | None = Field(None, description="Keys that seal credentials; default data_dir/sealing.keys.")
    sealing_keys: str = Field("", repr=False, description="The keys themselves, instead of a file; the last one seals.")
    trusted_hosts: list[str] = Field([], description="Host names that requests may use; empty: that of base_url.")
    trusted_proxies: int = Field(0, ge=0, le=5, description="How many reverse proxies set X-Forwarded-*.")
    mail_host: str = Field("", description="SMTP server; empty: mail is queued and shown, not sent.")
    mail_port: int = Field(25, ge=1, le=65535)
    mail_security: Literal["none", "starttls", "tls"] = "none"
    mail_user: str = ""
    mail_password: str = ""
    mail_from: str = Field("helpdesk@localhost", description="The sender of notifications.")
    upload_limit_mb: int = Field(25, ge=1, le=1024, description="Largest file that may be attached.")
    session_days: int = Field(14, ge=1, le=90, description="A session ends after so many days without use.")
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    demo: bool = Field(False, description="Offer the demonstration company's helpers (caught mail, simulated fleet).")
    development: bool = Field(False, description="Show the style guide and reload templates.")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
        if url and not url.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("write postgresql+psycopg://user@host/database or sqlite:////absolute/path.db")
        return url

    @model_validator(mode="before")
    @classmethod
    def _plain_base(cls, given: Any) -> Any:
        if isinstance(given, dict):
            url = str(given.get("base_url") or f"http://{given.get('bind') or DEFAULT_BIND}")
            if not url.startswith(("http://", "https://")):
                raise ValueError("base_url: write an address that starts with http:// or https://")
            given = {**given, "base_url": url.rstrip("/")}
        return given

    @property
    def url(self) -> str:
        """Return the SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'itsm.db').resolve()}"

    @property
    def sealing_key_file(self) -> Path:
        """Return where the keys that seal credentials lie."""
        return self.key_file or self.data_dir / "sealing.keys"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the TOML file named by ITSM_CONFIG."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        named = os.environ.get("ITSM_CONFIG")
        if named:
            sources.append(TomlConfigSettingsSource(settings_cls, Path(named)))
        return tuple(sources)


def load(**given: Any) -> Settings:
    """Return the settings. Raises SettingsError with one sentence a mistake."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = [key for key in os.environ if key.startswith(PREFIX) and key not in known | _NOT_SETTINGS]
    if unknown:
        raise SettingsError(f"Unknown settings in the environment: {', '.join(sorted(unknown))}.")
    named = os.environ.get("ITSM_CONFIG")
    if named and not Path(named).is_file():
        raise SettingsError(f"ITSM_CONFIG names {named}, and there is no such file.")
    try:
        return Settings(**given)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"The configuration cannot be used: {said}.") from error
    except ValueError as error:  # a TOML file that is not TOML
        raise SettingsError(f"The configuration file cannot be read: {error}.") from error
