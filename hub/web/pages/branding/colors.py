"""An accent color that people can read: made darker or lighter until its contrast is at least 4.5 to 1, light and dark.

Source: WCAG 2.2, 1.4.3 and the definition of relative luminance.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

MIN_CONTRAST = 4.5
STEP = 0.01
LIGHT_GROUNDS = ("#ffffff", "#fafaf8", "#f2f4f5")
DARK_GROUNDS = ("#12161b", "#1a2027", "#212932")
ON_DARK_ACCENT = "#0c1a21"
"""The text on an accent in the dark scheme; in the light one it is white."""
WEAK_ON_LIGHT, WEAK_ON_DARK = 0.1, 0.2
"""How much of the accent is in the tinted ground."""

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """The accent and its tinted ground, for the light and the dark scheme."""

    light: str
    light_weak: str
    dark: str
    dark_weak: str

    def style_sheet(self) -> str:
        """The rules that put the palette in place of Ringfence's colors."""
        return (
            f":root{{--accent:{self.light};--accent-weak:{self.light_weak}}}\n"
            f"@media (prefers-color-scheme:dark){{:root{{--accent:{self.dark};--accent-weak:{self.dark_weak}}}}}\n"
        )


def palette_of(accent: str) -> Palette:
    """The palette nearest to `accent` (#rrggbb) that has enough contrast."""
    light = _readable(accent, -STEP, lambda color: (*LIGHT_GROUNDS, _weak(color, "#ffffff", WEAK_ON_LIGHT)))
    dark = _readable(accent, STEP, lambda color: (*DARK_GROUNDS, ON_DARK_ACCENT, _weak(color, "#12161b", WEAK_ON_DARK)))
    return Palette(light, _weak(light, "#ffffff", WEAK_ON_LIGHT), dark, _weak(dark, "#12161b", WEAK_ON_DARK))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(accent: str, step: float, grounds: Callable[[str], tuple[str, ...]]) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(accent))
    color = accent
    while any(contrast(color, ground) < MIN_CONTRAST for ground in grounds(color)) and 0 < lightness + step < 1:
        lightness += step
        color = _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return color


def _weak(color: str, ground: str, share: float) -> str:
    mixed = [share * one + (1 - share) * other for one, other in zip(_rgb(color), _rgb(ground), strict=True)]
    return _hex((mixed[0], mixed[1], mixed[2]))


def _luminance(color: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(color: str) -> RGB:
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def _hex(parts: RGB) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
