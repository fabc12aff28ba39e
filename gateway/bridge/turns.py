"""So many at once of what shares a key; the others wait for their turn. asyncio."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Turns[Key: Hashable]:
    """A key is remembered only while somebody has a turn or waits for one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: WeakValueDictionary[Key, asyncio.Semaphore] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, key: Key) -> asyncio.Semaphore:
        """``async with turns.of(key): ...``"""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = asyncio.Semaphore(self._most)
        return line
