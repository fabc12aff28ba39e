"""Errands of the simulated charger: a new firmware, and diagnostics for its maker."""

from typing import Any

from gateway.simulator.values import Fetch, Upload, timestamp
from tests.unit.gateway.simulator.bench import Bench

HERE = "http://127.0.0.1:1/firmware.bin"


def update(bench: Bench, location: str, *, seconds: float = 0.0, **more: Any) -> Any:
    payload = {"location": location, "retrieveDate": timestamp(bench.now + seconds), **more}
    return bench.ask("UpdateFirmware", payload)


def told(bench: Bench, kind: str = "Firmware") -> list[str]:
    return [said["status"] for said in bench.said(f"{kind}StatusNotification")]


def test_a_firmware_from_elsewhere_is_installed_as_if_it_had_been_fetched() -> None:
    bench = Bench().boot()
    assert update(bench, "https://maker.example.com/f", seconds=20) == {}
    bench.wait(19)
    assert told(bench) == []
    bench.wait(3)
    bench.ask("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    assert told(bench) == ["Downloading", "Downloading"]
    bench.charge(seconds=20)
    bench.wait(10)
    assert told(bench)[2:] == ["Downloaded"]
    bench.wait(30)
    assert told(bench)[3:] == ["Installing"]
    assert bench.hung_up
    bench.open()
    assert told(bench)[4:] == ["Installed"]
    assert not bench.errands


def test_a_firmware_from_here_is_fetched_and_tried_again() -> None:
    bench = Bench().boot()
    update(bench, HERE, retries=1, retryInterval=10)
    bench.wait(0.2)
    assert [type(one) for one in bench.errands] == [Fetch]
    bench.end_errand(False)
    bench.wait(11)
    bench.end_errand(False)
    assert told(bench) == ["Downloading", "Downloading", "DownloadFailed"]
    bench.wait(60)
    assert len(bench.errands) == 2


def test_diagnostics_are_uploaded_under_the_name_of_the_answer() -> None:
    bench = Bench().boot()
    name = bench.ask("GetDiagnostics", {"location": "http://portal.test/up/TOKEN"})["fileName"]
    bench.wait(0.2)
    sent = bench.errands[-1]
    assert isinstance(sent, Upload)
    assert sent.url == f"http://portal.test/up/TOKEN/{name}"
    assert b"ZCS000001" in sent.content
    assert b"Link0Password" not in sent.content
    bench.end_errand(True)
    assert told(bench, "Diagnostics") == ["Uploading", "Uploaded"]
    bench.ask("GetDiagnostics", {"location": "http://portal.test/up"})
    bench.wait(0.2)
    bench.end_errand(False)
    assert told(bench, "Diagnostics")[2:] == ["Uploading", "UploadFailed"]
    bench.ask("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"})
    assert told(bench, "Diagnostics")[-1] == "Idle"
