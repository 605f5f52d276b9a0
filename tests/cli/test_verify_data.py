"""``symdiff verify --data``: measured trajectories against model and equation, and data that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from symdiff.cli.main import main
from symdiff.errors import UsageError
from symdiff.evidence.trajectories.reading import read_trajectories

SET = ["--set", "ell=1", "--set", "tau=1", "--set", "p=3/5"]


def walk(p: float, count: int = 100, steps: int = 150) -> np.ndarray:
    moves = np.where(np.random.default_rng(7).random((count, steps)) < p, 1.0, -1.0)
    return np.concatenate([np.zeros((count, 1)), np.cumsum(moves, axis=1)], axis=1)


def verify(
    capsys: pytest.CaptureFixture[str], path: Path, *options: str, model: str = "biased_walk"
) -> tuple[int, dict]:
    status = main(["verify", model, "--data", str(path), *options, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_right_and_wrong_trajectories(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    np.savez(path, t=np.arange(151), x=walk(0.6))
    status, document = verify(capsys, path, *SET)
    assert status == 0
    assert all(t["negative_control"]["rejected"] for t in document["tiers"])
    found = {e["name"]: e for e in document["tiers"][1]["details"]["kramers_moyal"]}
    p, q = 0.6, 0.4  # cumulants of one step: kappa_2 = 4pq, kappa_3 = -8pq(p - q), kappa_4 = 16pq(1 - 6pq)
    exact = {"v": p - q, "D": 2 * p * q, "a_3": 8 * p * q * (p - q) / 6, "a_4": 16 * p * q * (1 - 6 * p * q) / 24}
    for name, value in exact.items():
        assert abs(found[name]["value"] - value) < 5 * found[name]["standard_error"]
    np.savez(path, t=np.arange(151), x=walk(0.66))
    status, document = verify(capsys, path, *SET)
    assert status == 1
    assert [t["passed"] for t in document["tiers"]] == [False, False]
    thinned = walk(0.6)[:, ::3]  # every third position only: coefficients are those of the walk all the same
    np.savez(path, t=3 * np.arange(51), x=thinned)
    status, document = verify(
        capsys, path, *SET, "--equation", r"C_t = -\frac{(2p-1)\ell}{\tau} C_x + \frac{2p(1-p)\ell^2}{\tau} C_{xx}"
    )
    assert status == 0
    status, document = verify(
        capsys, path, *SET, "--equation", r"C_t = -\frac{(2p-1)\ell}{\tau} C_x + \frac{\ell^2}{\tau} C_{xx}"
    )
    assert status == 1
    assert document["tiers"][0]["passed"] is True


def test_finite_time_correction_where_rates_depend_on_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    x = np.zeros(
        (900, 201)
    )  # the harmonic trap by its own rule, 1/2 + eps(x), eps = -C delta x/(4 kT), seen every tenth step
    x[:, 0] = 0.1 * generator.integers(-12, 13, 900)
    for n in range(200):
        right = 0.5 - 2 * 0.1 * x[:, n] / 4
        x[:, n + 1] = x[:, n] + np.where(generator.random(900) < right, 0.1, -0.1)
    path = tmp_path / "trap.npz"
    seen = x[:, ::10]
    np.savez(path, t=np.arange(21) * 10 / 200, x=seen)
    status, document = verify(capsys, path, "--set", "C=2", model="harmonic_trap")
    assert status == 0, document
    rates = [e for e in document["tiers"][1]["details"]["kramers_moyal"] if e["name"] == "v"]
    raw = [e["value"] / e["place"] for e in rates if abs(e["place"]) > 0.5]
    assert len(rates) > 4
    assert np.mean(raw) == pytest.approx(-2.0, rel=0.1)  # v = -D C x/kT with D = delta^2/(2 dt) = 1


def test_right_and_wrong_equation_of_a_trap_seen_seldom(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    # C D dt/kT = 0.4 between two positions: what is of first order in the interval is off by 7 % there
    generator = np.random.default_rng(5)
    x = [0.2 * generator.integers(-6, 7, 900)]
    for _ in range(100):
        x.append(x[-1] + np.where(generator.random(900) < 0.5 - 2 * 0.2 * x[-1] / 4, 0.2, -0.2))
    path, values = tmp_path / "trap.npz", ("--set", "delta=1/5", "--set", "dt=1/50")
    np.savez(path, t=np.arange(11) / 5, x=np.array(x).T[:, ::10])
    status, document = verify(capsys, path, "--set", "C=2", *values, model="harmonic_trap")
    assert document["tiers"][0]["passed"] is True
    assert document["tiers"][1]["passed"] is not False, document
    for e in document["tiers"][1]["details"]["kramers_moyal"]:  # the long-wave equation: D = (1 - (C delta x/2 kT)^2)
        exact = -2.04 * e["place"] if e["name"] == "v" else 1 - 0.04 * e["place"] ** 2
        assert abs(e["value"] - exact) < 4 * e["standard_error"] + 0.05
    status, document = verify(capsys, path, "--set", "C=7/5", *values, model="harmonic_trap")
    assert status == 1
    assert [t["passed"] for t in document["tiers"]] == [False, False]


def test_increments_that_depend_on_each_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    generator = np.random.default_rng(2)  # every step alone is fair, but goes on as before with probability 0.6
    turns = np.where(generator.random((100, 150)) < 0.6, 1.0, -1.0)
    turns[:, 0] = generator.choice([-1.0, 1.0], 100)
    path = tmp_path / "persistent.npz"
    np.savez(path, t=np.arange(150), x=np.cumsum(np.cumprod(turns, axis=1), axis=1))
    status, document = verify(capsys, path, "--set", "ell=1", "--set", "tau=1", "--set", "p=1/2")
    assert status == 1
    assert all("correlation of successive increments" in t["why"] for t in document["tiers"])


def test_rare_steps_that_were_not_seen_contradict_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "rare.npz"
    np.savez(path, t=np.arange(41), x=np.arange(41.0)[None])  # 40 steps to the right, where 1 of 100 goes left
    assert verify(capsys, path, "--set", "ell=1", "--set", "tau=1", "--set", "p=99/100")[0] == 3


def test_data_beside_walls_are_not_compared_with_the_equation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "walls.npz"
    np.savez(path, t=np.arange(151) / 20, x=walk(0.5) / 10)
    status, document = verify(
        capsys, path, "--set", "D0=1", "--set", "P1=1", "--set", "h=1/10", model="partly_absorbing_wall"
    )
    assert status == 2
    assert "walls" in document["error"]["message"]


def test_positions_many_steps_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    moves = 2.0 * np.random.default_rng(1).binomial(20000, 0.6, (60, 100)) - 20000
    path = tmp_path / "seldom.npz"
    np.savez(path, t=np.arange(101) * 20000, x=np.concatenate([np.zeros((60, 1)), np.cumsum(moves, axis=1)], axis=1))
    status, document = verify(capsys, path, *SET)
    assert status == 0, document


TABLE = "trajectory,time,x\n"
ROWS = "".join(f"a,{n},{n % 2}\n" for n in range(40))
BAD = [
    (TABLE + ROWS + "a,40,nan\n", "line 42", "no finite number"),
    (TABLE + ROWS + "a,40,\n", "line 42", "no finite number"),
    (TABLE + ROWS + "a,42,0\n", "line 42", "uneven"),
    (TABLE + ROWS + "a,39,0\n", "line 42", "uneven"),
    (TABLE + ROWS + "a,40\n", "line 42", "2 entries"),
    (TABLE + ROWS + "b,0,0\nb,2,1\n", "line 43", "uneven"),
    (TABLE + ROWS + "b,0,0\n", "line 42", "single position"),
    ("time,y\n0,0\n", "line 1", "no column 'x'"),
    ("x\n0\n", "line 1", "no column 'time'"),
    (TABLE + "".join(f"a,{n},{n}\n" for n in range(40)) + "a,40,4_1\n", "line 42", "no finite number"),
    (TABLE + "".join(f"a,{n},{1e300 * (-1) ** n}\n" for n in range(40)), "line 2", "no finite number below"),
    (TABLE + "".join(f"a,{n},{1e30 * (-1) ** n}\n" for n in range(40)), "trajectory 1", "no sum of the model's jumps"),
    (TABLE, "--data", "no rows"),
    ("", "line 1", "no column 'time'"),
    (TABLE + "a,0,0\na,1,1\n", "--data", "fewer than 30"),
    (TABLE + "".join(f"a,{n / 2},{n % 2}\n" for n in range(40)), "--data", "0.5 steps"),
    (TABLE + "".join(f"a,{n},{n * 0.37}\n" for n in range(40)), "trajectory 1", "no sum of the model's jumps"),
]


@pytest.mark.parametrize(("text", "where", "message"), BAD, ids=range(len(BAD)))
def test_tables_that_cannot_be_used(
    text: str, where: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text)
    status, document = verify(capsys, path, *SET)
    assert status == 2
    assert where in document["error"]["where"]
    assert message in document["error"]["message"]


def test_archives_that_cannot_be_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    t, x = np.arange(40.0), np.zeros((2, 40))
    broken = x.copy()
    broken[1, 7] = np.inf
    huge = tmp_path / "huge.npy"
    np.lib.format.open_memmap(huge, mode="w+", dtype=float, shape=(1,)).flush()
    for arrays, message in [
        ({"t": t}, "expected"),
        ({"t": t, "x": x[:, :30]}, "shape"),
        ({"t": t, "x": np.zeros((2, 40, 3))}, "shape"),
        ({"t": t, "x": broken}, "x[1, 7, 0]"),
        ({"t": t**2, "x": x}, "uneven"),
        ({"t": t, "x": np.array([[{}] * 40] * 2, dtype=object)}, "no plain numbers"),
    ]:
        np.savez(path, **arrays)
        status, document = verify(capsys, path, *SET)
        assert status == 2
        assert message in document["error"]["message"]
    np.savez(path, t=t[:0], x=x[:, :0])
    assert verify(capsys, path, *SET)[0] == 2
    np.savez(path, t=t, x=x)
    whole = path.read_bytes()
    header = whole.index(b"PK\x01\x02")
    for place, value in ((8, whole[header + 8] | 1), (10, 98)):  # encrypted; a method of compression that is not read
        path.write_bytes(whole[: header + place] + bytes([value]) + whole[header + place + 1 :])
        assert verify(capsys, path, *SET)[0] == 2
    path.write_bytes(b"PK\x03\x04 this is no archive")
    assert verify(capsys, path, *SET)[0] == 2
    assert verify(capsys, tmp_path / "missing.csv", *SET)[0] == 2
    assert verify(capsys, tmp_path, *SET)[0] == 2


def test_an_archive_that_declares_more_than_is_unpacked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import io
    import zipfile

    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 20, 1 << 20)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.npy", header.getvalue())
        archive.writestr("x.npy", header.getvalue())
    status, document = verify(capsys, path, *SET)
    assert status == 2
    assert "more than is unpacked" in document["error"]["message"]
    np.savez(path, t=np.arange(151), x=walk(0.6))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("t", b"not an array: np.load would take this entry for t")
    assert verify(capsys, path, *SET)[0] == 0
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.npy", header.getvalue())
    assert "two entries" in verify(capsys, path, *SET)[1]["error"]["message"]


def test_parameters_without_numbers_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    np.savez(path, t=np.arange(151), x=walk(0.5))
    status, document = verify(capsys, path, model="lazy_walk_with_weak_bias")
    assert status == 2
    assert "have no value" in document["error"]["message"]


def test_a_single_trajectory(tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    np.savez(file, t=np.arange(40.0), x=np.arange(40.0) % 2)
    found = read_trajectories(file, ("x",))
    assert [p.shape for p in found.paths] == [(40, 1)]
    with pytest.raises(UsageError, match="shape"):
        read_trajectories(file, ("x", "y"))
