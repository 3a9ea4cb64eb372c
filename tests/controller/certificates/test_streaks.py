from controller.certificates.streaks import Streaks


def test_what_holds_on_grows_and_what_was_interrupted_begins_anew() -> None:
    times = iter([0.0, 10.0, 20.0, 25.0])
    streaks: Streaks[str] = Streaks(lambda: next(times))
    assert streaks.see({"a", "b"}) == {"a": 0.0, "b": 0.0}
    assert streaks.see({"a"}) == {"a": 10.0}
    assert streaks.see({"a", "b"}) == {"a": 20.0, "b": 0.0}
    streaks.forget()
    assert streaks.see({"a"}) == {"a": 0.0}
