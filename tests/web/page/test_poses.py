"""The drawings of exercises: bodies that keep their limbs, stay on the floor and in the picture."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.rig.stand_in import StandIn
from voice_coach.core.routine import Position
from voice_coach.paths import routines_dir

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
FLOOR = 318
CROSS_LEGGED = {"seated-stretch", "slow-breathing", "at-sitting"}
"""Their shins lie across, nearer to the eye."""
COMMON = [
    "Side plank", "Bird dog", "Curl-up", "Curl-ups", "Press-up", "Heel raise", "Heel drop",
    "Squats", "Straight leg raise", "Clamshell", "Leg swing", "Single-leg balance",
    "Chair sit-to-stand", "Seated neck", "Seated shoulder", "Seated wrist", "Wall press",
    "Roll-up", "Leg circles", "Child's pose", "Mountain", "Downward dog", "Forward fold",
    "Half-kneeling hip-flexor stretch", "plank", "bridge", "at-side",
]  # fmt: skip

STANCES = """async () => {
  const { Figure } = await import('/static/figure.js');
  const { POSES, BONES } = await import('/static/poses.js');
  const times = Array.from({ length: 21 }, (_, index) => index / 20);
  return Object.entries(POSES).flatMap(([name, { scale, together }]) =>
    (together ? [false, true] : [false]).flatMap((both) => ['right', 'left'].map((side) => {
      const figure = new Figure().pose(name, 'any', side, both);
      return {
        name, side, scale: scale ?? 1, bones: BONES,
        box: figure.svg.getAttribute('viewBox').split(' ').map(Number),
        joints: times.map((t) => figure.at(t).joints),
      };
    })));
}"""
NAMED = """async (names) => {
  const { poseOf, POSES } = await import('/static/poses.js');
  return names.map(([name, position]) => {
    const pose = poseOf(name, position);
    return Object.keys(POSES).find((key) => POSES[key] === pose);
  });
}"""


def length(one: list[float], two: list[float]) -> float:
    return float(((one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2) ** 0.5)


def test_bodies_keep_their_limbs_and_stay_on_the_floor_and_in_the_picture(visit: Visit) -> None:
    stances = visit().evaluate(STANCES)
    assert len(stances) > 80
    for stance in stances:
        name, scale = stance["name"], stance["scale"]
        left, top, width, height = stance["box"]
        before = None
        for joints in stance["joints"]:
            for x, y in (point for part in joints.values() for point in part):
                assert y <= FLOOR, name
                shown = 480 - x if stance["side"] == "left" else x
                across, down = 240 + (shown - 240) * scale, FLOOR + (y - FLOOR) * scale
                assert left + 20 <= across <= left + width - 20, name
                assert top + 20 <= down <= top + height, name
            hip, neck, head = joints["trunk"]
            assert 84 <= length(hip, neck) <= 108, name
            assert 32 <= length(neck, head) <= 40, name
            for limb in ("arm0", "arm1", "leg0", "leg1"):
                points, bones = joints[limb], stance["bones"][limb[:3]]
                for bone in (0, 1):
                    if not (name in CROSS_LEGGED and limb.startswith("leg") and bone == 1):
                        drawn = length(points[bone], points[bone + 1])
                        assert drawn <= 1.08 * bones[bone], (name, limb, bone)
            # Nothing jumps: a twentieth of the way moves no joint by more than a hand or two.
            if before:
                for part, points in joints.items():
                    moved = [length(a, b) for a, b in zip(points, before[part], strict=True)]
                    assert max(moved) < 30, (name, part)
            before = joints


def test_every_position_has_a_drawing_of_its_own(visit: Visit) -> None:
    positions = [position.value for position in Position]
    found = visit().evaluate(NAMED, [["nothing like it", each] for each in positions])
    assert found == [f"at-{each.replace(' ', '-')}" for each in positions]


def test_common_exercises_are_known_by_their_names(visit: Visit) -> None:
    found = visit().evaluate(NAMED, [[name, "any"] for name in COMMON])
    assert "at-any" not in found, dict(zip(COMMON, found, strict=True))
    assert found[0] == "side-plank"
    odd = ["constructor", "__proto__", "toString", "", "s"]
    assert set(visit().evaluate(NAMED, [[name, "side"] for name in odd])) == {"at-side"}


def test_a_drawing_of_ones_own_is_shown_in_the_place_of_the_bodys(visit: Visit) -> None:
    folder = routines_dir() / "drawings"
    folder.mkdir(parents=True)
    (folder / "Bridge.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 36">'
        '<rect width="48" height="36" fill="red"/><script>alert(1)</script></svg>'
    )
    page = visit()
    own = page.locator(".tiles .figure.own")
    own.first.wait_for()
    assert own.count() == 1
    assert own.locator("image").get_attribute("href") == "/drawings/bridge"
    assert own.locator(".body:visible").count() == 0
    assert page.locator(".tiles .figure:not(.own) image:visible").count() == 0
    size = page.evaluate(
        "async () => { const i = new Image(); i.src = '/drawings/bridge'; await i.decode();"
        " return i.naturalWidth / i.naturalHeight; }"
    )
    assert size == pytest.approx(4 / 3, rel=0.05)


@pytest.mark.parametrize("size", [(1180, 820), (1024, 768), (1280, 800), (1366, 1024), (820, 1180)])
def test_every_command_is_in_sight_on_a_tablet(
    visit: Visit, coach: StandIn, size: tuple[int, int]
) -> None:
    width, height = size
    page = visit(width=width, height=height)
    page.click("[data-start=back]:visible")
    page.wait_for_selector(".session:not([data-mode=idle])")
    coach.leap("Leg reach", side="left", repetition=2, left=6.5)
    page.wait_for_selector(".side:has-text('Left')")
    # What came before is still on its way out while the words change.
    page.wait_for_function(
        "(height) => [...document.querySelectorAll('.more button')]"
        ".every((button) => button.getBoundingClientRect().bottom <= height)",
        arg=height,
    )
    lowest, shown = page.evaluate(
        "() => { const all = [...document.querySelectorAll('.more button')];"
        " const may = all.filter((button) => !button.hidden);"
        " return [Math.max(...may.map((b) => b.getBoundingClientRect().bottom)), may.length]; }"
    )
    assert shown > 12
    assert lowest <= height
    # And the figure fills its card, one way or the other.
    card, drawn = page.evaluate(
        "() => ['.stage', '.stage .figure > g'].map((part) => {"
        " const { width, height } = document.querySelector(part).getBoundingClientRect();"
        " return [width, height]; })"
    )
    assert max(drawn[0] / card[0], drawn[1] / card[1]) > 0.65
