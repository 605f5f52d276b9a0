"""``symdiff verify`` from the shell: documents, exit statuses, equations of the user's, refusals."""

from __future__ import annotations

import json

import pytest

from symdiff.cli.main import main

TIER_KEYS = {"tier", "applies", "why", "quantity", "predicted", "measured", "uncertainty", "passed",
             "smallest_detectable_error", "negative_control"}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = main(["verify", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = run(capsys, "biased_walk", "--seed", "1")
    assert status == 0
    assert document["passed"] is True
    assert {t["tier"] for t in document["tiers"]} == {"exact", "pde", "simulation"}
    for tier in document["tiers"]:
        assert set(tier) >= TIER_KEYS
        if tier["applies"]:
            assert tier["negative_control"]["rejected"] is True


def test_one_tier_only_and_values_that_are_set(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = run(capsys, "biased_walk", "--tier", "exact", "--set", "p=1/3")
    assert status == 0
    assert {t["tier"] for t in document["tiers"]} == {"exact"}
    assert all(t["details"]["values"].get("p", "1/3") == "1/3" for t in document["tiers"])


RIGHT = r"C_t = -\frac{(2p-1)\ell}{\tau} C_x + \frac{\ell^2}{2\tau} C_{xx}"
EQUATIONS = [  # (equation, status, part of the message)
    (RIGHT, 0, ""),
    (r"C_t + \frac{(2p-1)\ell}{\tau} C_x - \frac{\ell^2}{2\tau} C_{xx} = 0", 0, ""),
    ("Derivative(C(x, t), t) = -(2*p - 1)*ell/tau*Derivative(C(x, t), x) + ell**2/(2*tau)*Derivative(C(x, t), (x, 2))", 0, ""),
    (r"u_t = -\frac{(2p-1)\ell}{\tau} u_x + \frac{\ell^2}{2\tau} u_{xx}", 0, ""),
    (r"C_t = -\frac{(2p-1)\ell}{\tau} C_x + \frac{\ell^2}{\tau} C_{xx}", 1, "coefficient"),
    (r"C_t = \frac{(2p-1)\ell}{\tau} C_x + \frac{\ell^2}{2\tau} C_{xx}", 1, "coefficient"),
    (r"C_t = \frac{\ell^2}{2\tau} C_{xx}", 1, "coefficient"),
    (r"C_t = -\frac{(2p-1)\ell}{\tau} C_x", 1, "coefficient"),
    (r"C_t = -\frac{\ell^2}{2\tau} C_{xx}", 2, "ill-posed"),
    (r"C_t = D C_{xx}", 2, "undetermined"),
    (r"C_t = \frac{\ell^2}{2\tau} C_{yy}", 2, "variable 'y'"),
    (r"C_t = \frac{\ell^2}{2\tau} C C_{xx}", 2, "linear"),
    (r"C_t = \frac{\ell^2}{2\tau} C_{xx} + 1", 2, "without the density"),
    (r"D = \frac{\ell^2}{2\tau}", 2, "no derivative of a density"),
    (r"0 = C_{xx}", 2, "time derivative"),
    (r"C(x, t + \tau) = p C(x - \ell, t) + (1 - p) C(x + \ell, t)", 2, "master equation"),
    (r"C_t = ", 2, ""),
    ("__import__('os').system('true')", 2, ""),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "status", "message"), EQUATIONS, ids=lambda v: str(v)[:50])
def test_equations_of_the_user(capsys: pytest.CaptureFixture[str], equation: str, status: int, message: str) -> None:
    found, document = run(capsys, "biased_walk", "--tier", "exact", "--equation", equation)
    assert found == status
    text = document["error"]["message"] if status == 2 else " ".join(t["why"] for t in document["tiers"])
    assert message in text


def test_a_budget_that_is_too_small_ends_with_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = run(capsys, "biased_walk", "--tier", "simulation", "--budget", "0.01")
    assert status == 3
    assert document["passed"] is None
    (tier,) = document["tiers"]
    assert "--budget" in tier["why"]


def test_weights_without_a_clock_leave_nothing_to_check(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "weights.toml"
    path.write_text('[model]\ncoordinates = ["x"]\n[[jumps]]\ndisplacement = "1"\n[[jumps]]\ndisplacement = "-1"\n')
    status, document = run(capsys, str(path))
    assert status == 2
    assert document["error"]["message"]


def test_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "persistent_walk", "--tier", "exact"]) == 0
    out = capsys.readouterr().out
    assert "PASSED" in out
    assert "wrong claims, all rejected" in out
