"""Several nodes on one PostgreSQL: each takes webhooks, each site has one owner, and what an owner leaves another goes on with."""
import os
import re
import signal
import socket

import pytest

from harness import cli, request, rule, site_world, wait_until
from postgresql import pgbouncer
from receiver import KEY, to
from test_schemas import validate

SITES = ("finance", "board", "sales", "people", "supply", "legal")
TELLING = "(notify)"        # is owned, as sites are
FAILOVER = 40       # seconds; how long it takes is measured by the benchmark, here it has to happen


def rules(sites):
    return [rule(refresh=[{"site": site, "workbooks": "Revenue", "project": "Finance/Daily"} for site in sites])]


class Nodes:
    """Daemons that share a store."""

    def __init__(self, server, sandbox, router_of):
        self.server, self.sandbox, self.router_of, self.all = server, sandbox, router_of, []

    def start(self, store=None, sites=SITES, environment=None, **config):
        self.all.append(self.router_of(self.sandbox, rules(sites), sites=sites, config={"store": store or self.server.url, **config},
                                       environment=environment))
        return self.all[-1]

    def owners(self):
        """Site -> the node that owns it, of those that live, by what the database says."""
        rows = self.server.rows("SELECT site, name FROM site_owner JOIN node ON node.id = node WHERE until > clock_timestamp()")
        ports = {router.address.rpartition(":")[2]: router for router in self.all}
        return {site: ports[name.rpartition(":")[2]] for site, name in rows}

    def owner_of(self, site="finance"):
        return wait_until(lambda: self.owners().get(site), f"an owner of {site}", FAILOVER)

    def settle(self, sites=SITES):
        """Every site has an owner, and somebody tells people."""
        wait_until(lambda: set(self.owners()) == {*sites, TELLING}, lambda: f"owners: {self.owners()}", FAILOVER)

    def all_move_to(self, router):
        wait_until(lambda: self.owners() == dict.fromkeys([*SITES, TELLING], router), lambda: f"the sites to move: {self.owners()}", FAILOVER)

    def hold(self):
        """The next jobs run until they are let go."""
        for site in SITES:
            self.sandbox.hold("Revenue", "running", site=site)

    def let_go(self):
        self.sandbox.end_jobs()
        for site in SITES:
            self.sandbox.change("Revenue", site=site, queued_ms=50, running_ms=100)

    def other_than(self, router):
        return next(one for one in self.all if one is not router)


@pytest.fixture
def big_sandbox(sandbox_of):
    return sandbox_of(*(site_world(site) for site in SITES))


@pytest.fixture
def nodes(postgresql_of, big_sandbox, router_of):
    return Nodes(postgresql_of(), big_sandbox, router_of)


@pytest.fixture
def two(nodes):
    nodes.start()
    nodes.start()
    nodes.settle()
    return nodes


def ended(router, count, deadline=FAILOVER):
    wait_until(lambda: len(router.refreshes(state="succeeded")) == count, lambda: f"{count} that succeeded: {router.refreshes()}", deadline)


def test_an_event_may_come_to_any_node_and_is_acted_upon_once(two):
    for number, router in enumerate([*two.all, *two.all]):
        assert router.send(number=number).status == 200
        ended(two.all[0], (number + 1) * len(SITES))
    assert len(two.sandbox.refresh_calls()) == 4 * len(SITES)
    assert two.all[0].events() == two.all[1].events()


def test_a_delivery_that_is_repeated_to_another_node_is_a_duplicate(two):
    first, second = two.all
    assert first.send(number=1).json["outcome"] == "routed"
    assert second.send(number=1).json["outcome"] == "duplicate"
    ended(first, len(SITES))
    assert len(two.sandbox.refresh_calls()) == len(SITES)


def test_what_a_killed_owner_leaves_another_goes_on_with(two):
    """A job runs, another one is waited for: neither is asked for a second time."""
    owner = two.owner_of()
    rest = two.other_than(owner)
    two.hold()
    assert rest.send(number=1).status == 200
    wait_until(lambda: len(rest.refreshes(state="running")) == len(SITES), "the jobs to run", FAILOVER)
    owner.kill9()
    two.all_move_to(rest)
    two.let_go()
    ended(rest, len(SITES))
    assert len(two.sandbox.refresh_calls()) == len(SITES)


def test_what_comes_while_nobody_owns_its_site_is_done_by_the_next_owner(two):
    owner = two.owner_of()
    rest = two.other_than(owner)
    owner.kill9()
    assert rest.send(number=1).status == 200
    ended(rest, len(SITES))


def test_a_clean_stop_gives_the_sites_away(two):
    owner = two.owner_of()
    rest = two.other_than(owner)
    owner.end()
    assert not two.server.rows("SELECT 1 FROM site_owner JOIN node ON node.id = node WHERE until <= clock_timestamp()")
    two.all_move_to(rest)
    assert rest.send(number=1).status == 200
    ended(rest, len(SITES))
    assert "a site is left at once" not in owner.log


def test_an_owner_that_was_stopped_for_long_does_nothing_more(two):
    """SIGSTOP past its lease; it holds an open connection to the database and sessions at Tableau."""
    owner = two.owner_of()
    rest = two.other_than(owner)
    two.hold()
    assert rest.send(number=1).status == 200
    wait_until(lambda: len(rest.refreshes(state="running")) == len(SITES), "the jobs to run", FAILOVER)
    os.kill(owner.process.pid, signal.SIGSTOP)
    two.all_move_to(rest)
    os.kill(owner.process.pid, signal.SIGCONT)
    wait_until(lambda: "a site is left at once" in owner.log, "it to notice", FAILOVER)
    two.let_go()
    ended(rest, len(SITES))
    assert owner.send(number=2).status == 200      # it is a node again
    ended(rest, 2 * len(SITES))
    assert len(two.sandbox.refresh_calls()) == 2 * len(SITES)


def test_a_node_that_is_cut_off_from_the_database_calls_tableau_no_more(nodes):
    if not pgbouncer():
        pytest.skip("pgbouncer is not installed")
    pooler = nodes.server.pooler()
    cut = nodes.start(pooler.url)
    nodes.settle()
    rest = nodes.start()
    pooler.pause()
    nodes.all_move_to(rest)
    wait_until(lambda: "a site is left at once" in cut.log, "it to notice", FAILOVER)
    assert rest.send(number=1).status == 200
    ended(rest, len(SITES))
    pooler.resume()
    wait_until(lambda: cut.send(number=2).status == 200, "it to serve again", FAILOVER)
    ended(rest, 2 * len(SITES))
    assert len(nodes.sandbox.refresh_calls()) == 2 * len(SITES)


def failed_everywhere(message):
    return sorted(news["site"] for news in message.json["news"] if not news["recovered"])


def test_one_node_tells_and_another_goes_on_when_it_is_gone(nodes, receiver):
    """A failure is told once, by the node that tells, not by the owner of the site."""
    wish = {"notify": [to(receiver, group_wait="1s")], "environment": {"NOTIFY_KEY": KEY}}
    nodes.start(**wish)
    nodes.start(**wish)
    nodes.settle()
    for site in SITES:
        nodes.sandbox.change("Revenue", site=site, result="failed")
    assert nodes.all[0].send(number=1).status == 200
    wait_until(lambda: sum(len(message.json["news"]) for message in receiver.taken()) == len(SITES), "all to be told", FAILOVER)
    assert sorted(site for message in receiver.taken() for site in failed_everywhere(message)) == sorted(SITES)
    wait_until(lambda: nodes.server.rows("SELECT 1 FROM note WHERE key LIKE 'letter/%'") == [], "the deliveries to be recorded")
    teller = nodes.owner_of(TELLING)
    rest = nodes.other_than(teller)
    teller.kill9()
    wait_until(lambda: nodes.owners().get(TELLING) is rest, "another to tell", FAILOVER)
    for site in SITES:
        nodes.sandbox.change("Revenue", site=site, result="success")
    assert rest.send(number=2).status == 200
    wait_until(lambda: sum(len(message.json["news"]) for message in receiver.taken()) == 2 * len(SITES), "their ends to be told", FAILOVER)
    assert len(receiver.got) == len(receiver.taken())


def test_the_node_that_tells_knows_how_the_sites_of_others_stand(nodes, receiver):
    wish = {"notify": [to(receiver)], "environment": {"NOTIFY_KEY": KEY}}
    nodes.start(**wish)
    nodes.settle()
    other = nodes.start(**wish)
    for site in SITES[:3]:
        assert command(other, "sites", "move", site, name_of(other)).returncode == 0
    wait_until(lambda: all(nodes.owners().get(site) is other for site in SITES[:3]), "the sites to move", FAILOVER)
    assert nodes.owner_of(TELLING) is not other
    nodes.sandbox.fault("status", status=503, times=100000)
    assert other.send(number=1).status == 200
    told = {}
    wait_until(lambda: told.update({news["site"]: news["event"] for message in receiver.taken() for news in message.json["news"]}) or
               set(told) == set(SITES), lambda: f"all sites: {told}", FAILOVER)
    assert set(told.values()) == {"site_left_alone"}
    nodes.sandbox.forget_faults()
    ended(other, len(SITES))


def test_a_site_that_only_one_configuration_has_belongs_to_that_node(nodes):
    first = nodes.start(sites=SITES[:3])
    second = nodes.start(sites=SITES)
    nodes.settle()
    assert all(nodes.owner_of(site) is second for site in SITES[3:])
    assert second.send(number=1).status == 200
    ended(first, len(SITES))


def test_a_new_site_of_a_reload_gets_an_owner(nodes):
    router = nodes.start(sites=SITES[:5])
    nodes.settle(SITES[:5])
    router.add_site(nodes.sandbox, SITES[5])
    router.write_rules(rules(SITES))
    router.write_config()
    assert router.reload().status == 200
    nodes.settle()
    assert router.send(number=1).status == 200
    ended(router, len(SITES))


def test_a_failover_of_the_database_loses_nothing(nodes):
    standby = nodes.server.standby()
    url = f"postgresql://router@/router?host={nodes.server.folder},{nodes.server.folder}&port={nodes.server.port},{standby.port}"
    first, second = nodes.start(url), nodes.start(url)
    nodes.settle()
    nodes.hold()
    assert first.send(number=1).status == 200
    wait_until(lambda: len(first.refreshes(state="running")) == len(SITES), "the jobs to run", FAILOVER)
    wait_until(lambda: nodes.server.rows("SELECT sent_lsn = replay_lsn FROM pg_stat_replication") == [["t"]], "the standby to have all")
    nodes.server.kill()
    standby.promote()
    nodes.server = standby
    nodes.settle()
    nodes.let_go()
    wait_until(lambda: second.send(number=2).status == 200, "it to be taken", FAILOVER)
    wait_until(lambda: len(second.refreshes(state="succeeded")) == 2 * len(SITES), lambda: f"{second.refreshes()}", FAILOVER)


def asked(router, path):
    return request(router.admin, "POST", f"/api/v1/{path}")


@pytest.fixture
def one_of_two(nodes):
    """A node that owns all sites, and one that owns none."""
    owner = nodes.start()
    nodes.settle()
    return nodes, owner, nodes.start()


def test_a_person_may_ask_any_node(one_of_two):
    """pause, resume, cancel and retry are done by the owner of the site, and answered as if it had been asked."""
    nodes, owner, other = one_of_two
    pause = asked(other, "sites/finance/pause")
    assert pause.status == 200, pause.body
    assert owner.site()["paused_by"] == "loopback"
    assert other.send(number=1).status == 200
    refresh = wait_until(lambda: other.refreshes(site="finance", state="waiting"), "it to wait", FAILOVER)[0]
    cancel = asked(other, f"refreshes/{refresh['id']}/cancel")
    assert cancel.status == 200 and other.refresh(refresh["id"])["state"] == "cancelled"
    assert asked(other, f"refreshes/{refresh['id']}/cancel").json["error"] == "it has ended: cancelled"
    again = asked(other, f"refreshes/{refresh['id']}/retry")
    assert again.status == 200 and other.refresh(again.json["id"])["state"] == "waiting"
    assert asked(other, "sites/finance/resume").status == 200
    ended(other, len(SITES))
    commands = [(command["command"], command["by"]) for command in other.refresh(refresh["id"])["commands"]]
    assert commands == [("cancel", "loopback"), ("retry", "loopback")]
    assert asked(other, "sites/nowhere/pause").status == 404


def test_what_is_asked_of_a_stopped_owner_is_done_by_the_next_or_not_at_all(one_of_two):
    nodes, owner, other = one_of_two
    os.kill(owner.process.pid, signal.SIGSTOP)
    answer = asked(other, "sites/finance/pause")
    os.kill(owner.process.pid, signal.SIGCONT)
    assert answer.status == 200 or "so nothing was done: try it again" in answer.json["error"]
    nodes.settle()
    assert nodes.server.rows("SELECT site FROM pause") == ([["finance"]] if answer.status == 200 else [])


def test_a_replay_by_any_node_is_done_again(one_of_two):
    nodes, owner, other = one_of_two
    assert other.send(number=1).status == 200
    ended(other, len(SITES))
    assert asked(other, f"events/{other.events()[0]['id']}/replay").status == 200
    ended(other, 2 * len(SITES))


def name_of(router):
    return f"{socket.gethostname()}:{router.address.rpartition(':')[2]}"


def command(router, *arguments):
    return cli(*arguments, "--config", router.folder / "config.yaml", environment=router.environment)


def test_any_node_shows_all_of_them_and_what_each_does(one_of_two):
    nodes, owner, other = one_of_two
    nodes.hold()
    assert other.send(number=1).status == 200
    wait_until(lambda: len(other.refreshes(state="running")) == len(SITES), "the jobs to run", FAILOVER)
    names = {router: name_of(router) for router in nodes.all}
    for router in nodes.all:
        told = wait_until(lambda: (items := router.get("/api/v1/nodes")["items"]) and len(items) == 2 and items, "both", FAILOVER)
        for item in told:
            validate(item, "node")
        assert {item["name"]: sorted(item["sites"]) for item in told} == {names[owner]: sorted([TELLING, *SITES]), names[other]: []}
        assert len({item["ruleset"] for item in told}) == 1 and not any(item["draining"] for item in told)
        site = wait_until(lambda: (s := router.site("board")).get("refreshes", {}).get("in_flight") == 1 and s, "the site's state", FAILOVER)
        validate(site, "site")
        assert site["signed_in"] and site["owner"] == names[owner] and "configured" not in site
        shown = command(router, "nodes").stdout.decode()
        assert re.search(rf"^{names[owner]} +alive +sha256:[0-9a-f]{{12}} +\S+ +.*\bboard\b", shown, re.M) and "different rules" not in shown
        assert {router.metric("nodes"), router.metric("node_rulesets")} == {2, 1} and router.metric("site_owned", site="board") == (router is owner)
        assert 0 < router.metric("node_trust_seconds") <= 5
        page = router.text("/")
        assert names[owner] in page and "board" in page
    nodes.let_go()


def test_nodes_that_decide_with_different_rules_are_told(one_of_two):
    nodes, owner, other = one_of_two
    other.write_rules([rule("another")])
    assert other.reload().status == 200
    wait_until(lambda: len({item["ruleset"] for item in owner.get("/api/v1/nodes")["items"]}) == 2, "both revisions", FAILOVER)
    assert "The nodes decide with different rules" in command(owner, "nodes").stdout.decode()


def test_a_store_of_one_process_has_no_nodes(router):
    assert router.get("/api/v1/nodes") == {"items": [], "next": None}
    assert "One process has this store" in command(router, "nodes").stdout.decode()
    assert "owner" not in router.site()


def test_a_site_moves_where_a_person_wants_it_and_stays_there(one_of_two):
    nodes, owner, other = one_of_two
    name = name_of(other)
    moved = command(owner, "sites", "move", "finance", name)
    assert moved.returncode == 0 and f"site finance: moves to {name}" in moved.stdout.decode(), moved
    wait_until(lambda: nodes.owners().get("finance") is other, "the site to move", FAILOVER)
    assert owner.send(number=1).status == 200
    ended(owner, len(SITES))
    assert nodes.owners()["finance"] is other
    unknown = command(owner, "sites", "move", "finance", "nobody:1")
    assert unknown.returncode == 1 and name in unknown.stderr.decode() + unknown.stdout.decode()


def test_a_node_is_drained_for_maintenance(one_of_two):
    nodes, owner, other = one_of_two
    name = name_of(owner)
    nodes.hold()
    assert owner.send(number=1).status == 200
    wait_until(lambda: len(owner.refreshes(state="running")) == len(SITES), "the jobs to run", FAILOVER)
    assert command(other, "nodes", "drain", name).returncode == 0
    nodes.all_move_to(other)
    wait_until(lambda: re.search(rf"^{name} +draining", command(other, "nodes").stdout.decode(), re.M), "it to be shown", FAILOVER)
    nodes.let_go()
    ended(other, len(SITES))
    assert len(nodes.sandbox.refresh_calls()) == len(SITES)
    assert owner.send(number=2).status == 200      # it still takes deliveries
    ended(other, 2 * len(SITES))
    assert command(other, "nodes", "undrain", name).returncode == 0
    wait_until(lambda: "this node takes sites again" in owner.log, "it to take sites again", FAILOVER)
