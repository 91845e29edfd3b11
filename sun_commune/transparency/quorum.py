"""C2SP tlog-policy: which log, which witnesses, and how many of them must have cosigned.

log sun.example/ledger+1234abcd+AQ... https://sun.example/ledger
witness village village.example/witness+... https://village.example
group outsiders 2 village newspaper centre
quorum outsiders
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sun_commune.transparency.notes import COSIGNER, SIGNER, Key, Malformed, Note

NONE = "none"


@dataclass(frozen=True)
class Witness:
    """``url`` is its submission prefix (C2SP tlog-witness); "" for one that signs by hand."""

    name: str
    key: Key
    url: str = ""


@dataclass
class Policy:
    """``groups`` maps a name to how many of which members; ``quorum`` is a witness's or a group's name, or none."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NONE
    lines: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Policy:
        """Malformed with the number of the line that cannot be read."""
        policy, seen_quorum, members = cls(), False, set[str]()
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                if words[0] == "quorum" and not seen_quorum and len(words) == 2:
                    policy.quorum, seen_quorum = policy._known(words[1], allow_none=True), True
                elif words[0] in {"log", "witness", "group"}:
                    getattr(policy, f"_add_{words[0]}")(words[1:], members)
                else:
                    raise Malformed("not a line of a policy")
            except Malformed as reason:
                raise Malformed(f"line {number} of the policy: {reason}") from reason
            if words[0] != "log":
                policy.lines.append(" ".join(words))
        if not seen_quorum:
            raise Malformed("the policy has no line quorum")
        return policy

    def _known(self, name: str, *, allow_none: bool = False) -> str:
        if name in self.witnesses or name in self.groups or (allow_none and name == NONE):
            return name
        raise Malformed(f"{name} is not defined above")

    def _add_log(self, words: Sequence[str], _members: set[str]) -> None:
        key = _key_of(words, 0, SIGNER)
        if len(words) > 2 or any(key.public == known.public for known in self.logs):
            raise Malformed("a log is a key that was not named yet, and perhaps an address")
        self.logs.append(key)

    def _add_witness(self, words: Sequence[str], _members: set[str]) -> None:
        key, url = _key_of(words, 1, COSIGNER), words[2] if len(words) == 3 else ""
        if len(words) > 3 or (url and not re.match("https?://[^/]", url)):
            raise Malformed("a witness is a name, a key, and perhaps an address with http:// or https://")
        self._refuse_known(words[0])
        if any(key.public == known.key.public for known in self.witnesses.values()):
            raise Malformed("this witness's key was named before")
        self.witnesses[words[0]] = Witness(words[0], key, url.rstrip("/"))

    def _add_group(self, words: Sequence[str], members: set[str]) -> None:
        if len(words) < 3:
            raise Malformed("a group is a name, how many, and its members")
        self._refuse_known(words[0])
        names = tuple(self._known(name) for name in words[2:])
        if members & set(names) or len(set(names)) != len(names):
            raise Malformed("one name is in two groups")
        members |= set(names)
        count = {"all": str(len(names)), "any": "1"}.get(words[1], words[1])
        if not re.fullmatch("[1-9][0-9]?", count) or int(count) > len(names):
            raise Malformed("how many is all, any, or a number up to that of the members")
        self.groups[words[0]] = (int(count), names)

    def _refuse_known(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed(f"{name} stands for something already")

    def cosigners(self, note: Note) -> list[str]:
        """Names of the witnesses whose cosignature the note bears."""
        return [name for name, witness in self.witnesses.items() if witness.key.has_signed(note)]

    def is_met(self, note: Note) -> bool:
        return self._has_witnessed(self.quorum, set(self.cosigners(note)))

    def _has_witnessed(self, name: str, cosigners: set[str]) -> bool:
        if name in self.groups:
            count, members = self.groups[name]
            return sum(self._has_witnessed(member, cosigners) for member in members) >= count
        return name == NONE or name in cosigners

    @property
    def wanted(self) -> int:
        """The least number of witnesses that can meet the quorum."""
        return self._least(self.quorum)

    def _least(self, name: str) -> int:
        if name in self.groups:
            count, members = self.groups[name]
            return sum(sorted(map(self._least, members))[:count])
        return 0 if name == NONE else 1

    def text(self, logs: Sequence[Key], url: str = "") -> str:
        """With these logs named instead of those that were read."""
        return "".join(f"{line}\n" for line in [*(f"log {key} {url}".rstrip() for key in logs), *self.lines])


def _key_of(words: Sequence[str], at: int, kind: int) -> Key:
    if len(words) <= at:
        raise Malformed("a key is missing")
    key = Key.read(words[at])
    if key.kind != kind:
        raise Malformed("the key is of the wrong kind")
    return key
