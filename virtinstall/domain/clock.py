"""`--clock`: the guest's clock and its timers.

Source: https://libvirt.org/formatdomain.html#time-keeping
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO, parse_switch


class Timer(Element):
    """<timer>: one of the guest's timers."""

    tag = "timer"

    name: XmlField[str] = XmlField("./@name", TEXT, "Timer: `rtc`, `pit`, `hpet`, `tsc`, `kvmclock`, `hypervclock`.")
    present: XmlField[bool] = XmlField("./@present", YES_NO, "Whether the guest has the timer.")
    tickpolicy: XmlField[str] = XmlField(
        "./@tickpolicy", TEXT, "Policy for missed ticks: `delay`, `catchup`, `merge`, `discard`."
    )
    track: XmlField[str] = XmlField(
        "./@track", TEXT, "Clock that the timer follows: `boot`, `guest`, `wall`, `realtime`."
    )
    mode: XmlField[str] = XmlField(
        "./@mode", TEXT, "Mode of `tsc`: `auto`, `native`, `emulate`, `paravirt`, `smpsafe`."
    )
    frequency: XmlField[int] = XmlField("./@frequency", INTEGER, "Frequency of `tsc` in Hz.")
    catchup_threshold: XmlField[int] = XmlField(
        "./catchup/@threshold", INTEGER, "Number of missed ticks before the timer catches up."
    )
    catchup_slew: XmlField[int] = XmlField(
        "./catchup/@slew", INTEGER, "Rate at which the timer catches up, in ticks per second."
    )
    catchup_limit: XmlField[int] = XmlField(
        "./catchup/@limit", INTEGER, "Number of missed ticks above which the timer does not catch up."
    )


def _tickpolicy_setter(name: str) -> Callable[[Clock, str], None]:
    def set_tickpolicy(clock: Clock, text: str) -> None:
        if text or clock.timer(name) is not None:
            clock.need_timer(name).tickpolicy = text or None

    return set_tickpolicy


def _presence_setter(name: str) -> Callable[[Clock, str], None]:
    def set_presence(clock: Clock, text: str) -> None:
        if text or clock.timer(name) is not None:
            clock.need_timer(name).present = parse_switch(text) if text else None

    return set_presence


def _swallow(clock: Clock, text: str) -> None:
    """Ignore a value that virt-install also ignores."""


def _tickpolicy(name: str) -> Suboption:
    return Suboption(f"{name}_tickpolicy", _tickpolicy_setter(name), f"Policy for missed ticks of the `{name}` timer.")


def _presence(name: str) -> Suboption:
    return Suboption(
        f"{name}_present", _presence_setter(name), f"Whether the guest has the `{name}` timer.", kind_name="on/off"
    )


def _without_effect(name: str) -> Suboption:
    return Suboption(
        f"{name}_tickpolicy", _swallow, f"Accepted without effect; use `timerN.tickpolicy` for the `{name}` timer."
    )


class Clock(Section):
    """<clock>: the guest's hardware clock and its timers."""

    tag = "clock"

    pit_tickpolicy_option = _tickpolicy("pit")
    rtc_tickpolicy_option = _tickpolicy("rtc")
    platform_tickpolicy_option = _without_effect("platform")
    hpet_tickpolicy_option = _without_effect("hpet")
    tsc_tickpolicy_option = _without_effect("tsc")
    kvmclock_tickpolicy_option = _without_effect("kvmclock")
    hypervclock_tickpolicy_option = _without_effect("hypervclock")
    platform_present_option = _presence("platform")
    pit_present_option = _presence("pit")
    rtc_present_option = _presence("rtc")
    hpet_present_option = _presence("hpet")
    tsc_present_option = _presence("tsc")
    kvmclock_present_option = _presence("kvmclock")
    hypervclock_present_option = _presence("hypervclock")
    offset: XmlField[str] = XmlField(
        "./@offset", TEXT, "Time base of the hardware clock: `utc`, `localtime`, `timezone`, `variable`."
    )
    adjustment: XmlField[str] = XmlField(
        "./@adjustment", TEXT, "Offset in seconds (`offset=variable`), or `reset` at each start."
    )
    timezone: XmlField[str] = XmlField("./@timezone", TEXT, "Time zone, with `offset=timezone`.")
    timers: Children[Timer] = Children("./timer", Timer, "Timers.")

    def timer(self, name: str) -> Timer | None:
        """Return the first timer with the name `name`, or None if there is none."""
        return next((timer for timer in self.timers if timer.name == name), None)

    def need_timer(self, name: str) -> Timer:
        """Return the first timer with the name `name`; create it if there is none."""
        found = self.timer(name)
        if found is None:
            found = Timer(name=name)
            self.timers.append(found)
        return found
