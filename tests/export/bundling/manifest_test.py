"""Manifests that lie about one thing, in ZIP files whose form is right, are refused."""

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, frames, member
from tests.export.bundling.sealed import entry, pair, sealed


def _refused(entries, words="Expected a plain file name", **values):
    with pytest.raises(BundleError, match=words):
        Bundle(sealed(entries, **values))


def _said(name):
    return [values for values, _ in pair(name)]


def _last(entries):
    bundle = Bundle(sealed(entries))
    bundle.verify()
    return bundle.read(bundle.files[-1])


@pytest.mark.parametrize("value", [True, False, 4.0, "4", None, [4], -1, 2**64])
@pytest.mark.parametrize("key", ["size", "bases"])
def test_what_is_no_number_in_bounds(key, value):
    """`True` is 1 to Python, and no number to JSON."""
    _refused([*pair(), *pair("b", **{key: value})])
    assert _last([*pair(), *pair("b")]) == b"abcd"


@pytest.mark.parametrize("digest", ["ab" * 31, "AB" * 32, "ab" * 32 + "\n", 7, None])
def test_what_is_no_hash(digest):
    _refused(pair(sha256=digest))


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../a", "/a", "a/b", "a\\b", ".a", "-a", "_a", "a b", "C:a"),
        *("ä", "a" * 122, "a\n", "a.tflite/.."),
    ],
)
def test_names_that_are_no_plain_files(name):
    with pytest.raises(BundleError, match=r"Expected a plain file name|damaged"):
        Bundle(sealed(pair(name)))


@pytest.mark.parametrize("name", ["a", "0", "A-._", "a" * 121])
def test_plain_names_are_read(name):
    assert _last(pair(name)) == b"abcd"


@pytest.mark.parametrize("value", [None, 3, True, ["a.tflite"], {}])
def test_names_that_are_no_text(value):
    said, frame = pair()[0]
    _refused([({**said, "name": value}, frame), pair()[1]])


def test_members_that_are_no_pairs():
    a, b = pair("a"), pair("b")
    _refused([a[0]], "a JSON beside each file")
    _refused([*a, b[0]], "a JSON beside each file")
    for entries in ([a[1], a[0]], [a[0], b[1]], [a[0], b[0]], [*a, b[1], b[0]]):
        _refused(entries)


def test_manifests_that_do_not_describe_the_members():
    entries = pair()
    said = _said("a")
    for members in (None, {}, "ab", 7, said[::-1], [*said, said[0]]):
        words = "Expected a plain file name|a JSON beside each"
        _refused(entries, words, members=members)
    _refused(entries, "Expected other members", members=[])
    _refused(entries, "Expected other members", members=[*said, *_said("b")])
    _refused(entries, "Expected other members", members=_said("b"))
    for wrong in (None, 7, "a", [], {}, {"name": "a.tflite"}):
        _refused(entries, members=[wrong, said[1]])
    for more in ({"more": 1}, {"frame": "x"}):
        _refused(entries, members=[{**said[0], **more}, said[1]])


def test_bases_that_are_there():
    first, second = bytes(range(99)), bytes(range(99, 199))
    earlier = [*pair("a", first), *pair("b", second)]
    last = entry("c.tflite", second + first, first + second, bases=2)
    json = entry("c.json", b"{}")
    assert len(last[1]) < 50  # it does refer to both
    assert _last([*earlier, last, json]) == second + first
    _refused([last, json])
    _refused([*earlier[:2], last, json])
    for wrong in (0, 1):
        other = {**last[0], "bases": wrong}, last[1]
        with pytest.raises(BundleError, match=r"damaged|differs"):
            _last([*earlier, other, json])


def test_what_follows_a_frame():
    for behind in (b"\0", pair()[0][1]):
        said, frame = pair()[0]
        with pytest.raises(BundleError, match="damaged"):
            _last([(said, frame + behind), pair()[1]])


def test_frames_that_hold_another_number_of_bytes():
    for size in (3, 5, 2**20):
        with pytest.raises(BundleError, match=f"a zstd frame of {size} bytes"):
            _last(pair(size=size))


def test_a_bomb_is_refused_before_it_goes_off():
    """A short frame that claims 256 MiB is never given to zstd."""
    bomb = bytes.fromhex("28b52ffda000000010") + b"\x02\0\0\0" * 9
    said, json = pair(size=256 << 20)
    with pytest.raises(BundleError, match=r"at most .*one that claims 268435456"):
        _last([(said[0], bomb), json])


def test_the_ratio_of_compression(monkeypatch):
    zeros = pair(content=bytes(3000))
    assert _last(zeros) == bytes(3000)
    monkeypatch.setattr(frames, "MAX_RATIO", 10)
    with pytest.raises(BundleError, match="at most"):
        _last(zeros)
    # What a dictionary holds counts too: the same file once more costs nothing.
    content = b"".join(bytes([n % 251, n // 251]) for n in range(1400))
    again = entry("b.tflite", content, content, bases=1)
    assert _last([*pair("a", content), again, entry("b.json", b"{}")]) == content


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ("MAX_FILE_BYTES", 8),
        ("MAX_JSON_BYTES", 2),
        ("MAX_BASE_BYTES", 12),
        ("MAX_TOTAL_BYTES", 8 + 2 + 4 + 2 + 6 + 2),
    ],
)
def test_what_is_at_a_limit_is_read_and_no_more(monkeypatch, limit, most):
    last = entry("c.tflite", b"abcabc", b"abcdabcdabcd", bases=2)
    entries = [*pair("a", b"abcdabcd"), *pair("b"), last, entry("c.json", b"{}")]
    monkeypatch.setattr(member, limit, most)
    assert _last(entries) == b"abcabc"
    monkeypatch.setattr(member, limit, most - 1)
    _refused(entries, "within the limits|at most 23 bytes")
