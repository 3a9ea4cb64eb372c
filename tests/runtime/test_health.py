from runtime.health import Failing, Health, Passing


def test_all_checks_passing_is_healthy():
    health = Health("readyz")
    health.add("policy", Passing)
    health.add("watches", lambda: Passing("3 of 3"))
    report = health.report()
    assert report.healthy
    assert report.text == "[+]policy ok\n[+]watches ok: 3 of 3\nreadyz check passed\n"


def test_one_failing_check_is_unhealthy_and_says_why():
    health = Health("readyz")
    health.add("policy", Passing)
    health.add("certificate", lambda: Failing("expired"))
    report = health.report()
    assert not report.healthy
    assert report.text == "[+]policy ok\n[-]certificate failed: expired\nreadyz check failed\n"


def test_an_informative_check_is_shown_and_does_not_count():
    health = Health("readyz")
    health.add("export main", lambda: Failing("hangs"), informative=True)
    report = health.report()
    assert report.healthy
    assert "[-]export main failed: hangs (does not count)" in report.text


def test_a_check_that_raises_is_failing_and_the_others_still_run():
    health = Health("livez")
    health.add("broken", lambda: Passing(str(1 / 0)))
    health.add("after", Passing)
    report = health.report()
    assert not report.healthy
    assert "[-]broken failed: the check itself failed: division by zero\n[+]after ok" in report.text


def test_no_checks_at_all_is_healthy():
    assert Health("livez").report().healthy
