"""Path parts of addresses. What does not fit a converter is simply not found."""

from django.urls import register_converter


class IdConverter:
    """A positive number that fits a database key."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class NumberConverter(IdConverter):
    """A revision number."""

    regex = "[1-9][0-9]{0,8}"


class DeviceIdConverter:
    """A charger's device id in any capitalisation."""

    regex = r"[A-Za-z0-9*_=+|@.-]{1,48}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    for kind, name in ((IdConverter, "id"), (NumberConverter, "number"), (DeviceIdConverter, "device_id")):
        register_converter(kind, name)
