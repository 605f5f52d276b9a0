"""Cross-checks that are kept, cut off, handed out and judged together: the same bits as in one go, and no false alarm more."""

from __future__ import annotations

import json
import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scipy import integrate

import symdiff as sd
from symdiff.cli.main import main
from symdiff.dossier import verification
from symdiff.dossier.gallery import load
from symdiff.dossier.results_store import ResultsStore
from symdiff.dossier.verification import verify_model
from symdiff.dossier.verify_simulation import Plan
from symdiff.dossier.verify_together import judge_together
from symdiff.verification.sequential import calibrated


class CutOff(Exception):
    """Stands for the end of the process."""


def test_a_cross_check_that_was_cut_off_goes_on_and_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, drawn = load("persistent_walk"), []
    options: Any = {"tier": "simulation", "seed": 3, "chunks": 9}
    whole = verify_model(model, **options)
    right = Plan.counts

    def cut(self: Plan, chunk: int) -> list[int]:
        drawn.append(chunk)
        if len(drawn) == 5:
            raise CutOff
        return right(self, chunk)

    monkeypatch.setattr(Plan, "counts", cut)
    with ResultsStore(tmp_path / "s") as store:
        with pytest.raises(CutOff):
            verify_model(model, **options, store=store)
        assert verify_model(model, **options, store=store) == whole
        assert drawn == [0, 1, 2, 3, 4, *range(4, 9)]
        with ThreadPoolExecutor(2) as threads:
            assert verify_model(model, **options, store=store, executor=threads) == whole
        assert len(drawn) == 10, "all that is kept is taken from the store"
        assert verify_model(model, seed=4, chunks=2, store=store, tier="simulation") != whole
        assert drawn[10:] == [0, 1], "another seed is another simulation"


def test_a_tier_without_chance_is_kept_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("continuous_time_diffusion")
    with ResultsStore(tmp_path / "s") as store:
        first = verify_model(model, tier="exact", store=store)
        monkeypatch.setattr(verification, "_regimes", None)
        assert verify_model(model, tier="exact", store=store) == first == sd.from_json(first.to_json())
        with pytest.raises(TypeError):
            verify_model(model, tier="pde", store=store)


def test_evidence_of_a_p_value_has_mean_one_under_the_null() -> None:
    mean, _ = integrate.quad(lambda x: math.exp(calibrated(math.exp(-x)) - x), 0, 600, limit=200)
    assert mean == pytest.approx(1 - 1 / 600, abs=1e-4)  # the tail falls like 1/x**2
    assert calibrated(0.005) == pytest.approx(
        math.log((0.995 + 0.005 * math.log(0.005)) / (0.005 * math.log(0.005) ** 2))
    )


def test_a_gallery_with_a_planted_fault_rejects_this_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    models = [load(n) for n in ("biased_walk", "levy_flight", "square_walk_three_steps")]
    results = [verify_model(m, tier="simulation", seed=1, budget=2) for m in models]
    found = judge_together(results)
    assert found is not None
    assert (found.simulated, found.failed, found.rejected) == (3, (), ())
    assert found.false_alarm_probability == pytest.approx(3e-6)
    right = Plan.counts
    monkeypatch.setattr(Plan, "counts", lambda self, chunk: right(self, chunk)[::-1])
    results[0] = verify_model(models[0], tier="simulation", seed=1, budget=2)
    again = judge_together(results)
    assert again is not None
    assert again.failed == again.rejected == (models[0].title,)


def test_several_files_are_judged_together(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", "biased_walk", "square_walk_three_steps", "--tier", "simulation", "--json"]
    assert main(arguments) == 0
    together = json.loads(capsys.readouterr().out)["together"]
    assert together == {
        "simulated": 2,
        "failed": [],
        "rejected": [],
        "false_share": 1e-6,
        "false_alarm_probability": 2e-6,
    }


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.6\r\n", b""])
def test_what_listens_and_is_no_cluster_is_refused(greeting: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        assert main(["verify", "biased_walk", "--cluster", f"tcp://127.0.0.1:{port}", "--json"]) == 2
    assert "no Dask scheduler" in json.loads(capsys.readouterr().out)["error"]["message"]
