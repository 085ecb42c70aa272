"""Where the daemon runs in containers: the container file, the objects for Kubernetes, and the probes that they ask."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from harness import BUILD, TOP, cli, fill, request, rule, shim, wait_until

CONTAINER = (TOP / "packaging" / "Containerfile").read_text()
KUBERNETES = TOP / "packaging" / "kubernetes"
BASE = KUBERNETES / "base"
TYPES = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "refresh-router" / "kubernetes" / "node_modules"
CONFIG = yaml.safe_load((BASE / "config.yaml").read_text())


# ---- probes ----

def test_health_needs_neither_the_store_nor_tableau(router_of, sandbox, tmp_path):
    stuck = tmp_path / "stuck"
    router = router_of(sandbox, [rule()], environment={"SLOW_DISK_FILE": str(stuck), **shim(tmp_path, "slow_disk_shim")})
    sandbox.end()
    stuck.touch()
    (tmp_path / "stuck.queries").touch()
    for _ in range(3):
        assert request(router.admin, "GET", "/healthz").json == {"status": "alive"}
        assert request(router.admin, "GET", "/readyz").status == 200
    ended = cli("health", "--config", router.folder / "config.yaml")
    assert (ended.returncode, ended.stdout) == (0, b"alive\n")
    (tmp_path / "stuck.queries").unlink()
    stuck.unlink()


def test_a_token_that_tableau_refuses_makes_it_neither_dead_nor_unready(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    (router.folder / "secrets" / "finance").write_text("revoked\n")
    router.reload()
    router.send()
    wait_until(lambda: router.site().get("last_error"), "the refusal")
    assert request(router.admin, "GET", "/healthz").status == 200
    status, detail = router.ready()
    assert status == 200 and detail["ready"] and detail["store"]["writable"] and detail["ruleset"]["rules"] == 1
    assert cli("health", "--ready", "--url", f"http://{router.admin}").stdout == b"ready\n"


def test_a_store_that_cannot_be_written_makes_it_unready_and_not_dead(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()], config={"store": f"sqlite:{small_disk}/state.db"})
    fill(small_disk)
    wait_until(lambda: router.send().status == 503, "a full disk")
    assert router.ready()[0] == 503 and not router.ready()[1]["store"]["writable"]
    ready = cli("health", "--ready", "--url", f"http://{router.admin}")
    assert ready.returncode == 69 and b"HTTP 503" in ready.stderr
    assert cli("health", "--url", f"http://{router.admin}").returncode == 0


def test_health_of_nobody_and_of_somebody_else(foreign):
    url = f"http://127.0.0.1:{foreign.server_address[1]}"
    foreign.answer = lambda path: (200, b'{"ready": "yes", "status": "fine"}')
    assert cli("health", "--url", url).returncode == 69 and cli("health", "--ready", "--url", url).returncode == 69
    assert cli("health", "--url", "http://127.0.0.1:1").returncode == 69


# ---- the container file ----

def instructions():
    """(instruction, its text), continued lines joined, of the last stage and of the first."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", CONTAINER, flags=re.M))
    stages = [stage.splitlines() for stage in re.split(r"^(?=FROM )", text, flags=re.M) if stage]
    return [[tuple(line.split(" ", 1)) for line in stage if line] for stage in stages]


def test_the_image_does_not_run_as_root_and_checks_its_health():
    _, last = instructions()
    last = dict(last)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"]), "a number, or runAsNonRoot cannot tell"
    command = json.loads(last["HEALTHCHECK"].partition("CMD ")[2])
    assert command[0] == "refresh-router" and cli(*command[1:], "--help").returncode == 0
    entry, arguments = json.loads(last["ENTRYPOINT"]), json.loads(last["CMD"])
    assert entry == ["refresh-router"] and cli(*arguments[:1], "--help").returncode == 0


def test_the_image_is_built_as_the_demonstration_is():
    first, _ = instructions()
    built = " && ".join(text for instruction, text in first if instruction == "RUN")
    demo = (TOP / "packaging" / "demo" / "run").read_text()
    for command in ("packaging/install-dependencies build", "/autogen.sh", "/configure", "make"):
        assert command in built and command.lstrip("/").split()[0] in demo
    assert (TOP / "packaging" / "install-dependencies").stat().st_mode & 0o111


def test_the_labels_say_what_is_inside():
    _, last = instructions()
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', dict(last)["LABEL"]))
    assert labels.keys() == {"title", "description", "version", "licenses", "base.name"}
    assert labels["base.name"] == dict(last)["FROM"]
    assert (TOP / "LICENSE").read_text().startswith(f'{labels["licenses"]} License')


def test_the_version_is_the_same_everywhere():
    version = re.search(r"AC_INIT\(\[refresh-router\], \[([^]]+)\]", (TOP / "configure.ac").read_text())[1]
    places = {"Containerfile": r'image\.version="([^"]+)"', "refresh-router.spec": r"^Version: +(\S+)", "debian/changelog": r"^refresh-router \(([^-]+)-",
              "kubernetes/base/kustomization.yaml": r"newTag: (\S+)", "kubernetes/example/kustomization.yaml": r"newTag: (\S+)"}
    assert {name: re.search(pattern, (TOP / "packaging" / name).read_text(), re.M)[1] for name, pattern in places.items()} == dict.fromkeys(places, version)


@pytest.mark.skipif(not pathlib.Path("/etc/debian_version").exists() or not pathlib.Path("/etc/debian_version").read_text().startswith("12"),
                    reason="the image is Debian 12, and so are the names of its libraries")
def test_the_image_has_the_libraries_of_the_program_and_no_more():
    _, last = instructions()
    installed = next(text for instruction, text in last if instruction == "RUN")
    # systemd is not in the image, and some are those of every image, or of sanitizers.
    packages = set(re.findall(r"\blib\S+", installed.partition("rm -rf")[0]))
    linked = subprocess.run(["objdump", "-p", BUILD / "refresh-router"], capture_output=True, text=True, check=True).stdout
    names = [name for name in re.findall(r"NEEDED +(\S+)", linked) if not re.match(r"ld-linux|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+|systemd|[atu]b?san)\.so", name)]
    owners = subprocess.run(["dpkg", "-S", *(f"*/{name}" for name in names)], capture_output=True, text=True, check=True).stdout
    assert packages == {re.split(r"[:,]", line)[0] for line in owners.splitlines()}


# ---- Kubernetes ----

@pytest.fixture(params=["base", "git-sync", "example", "several"])
def objects(request):
    """(kind, name) -> object, as kustomize renders them."""
    return render(request.param)


@pytest.fixture(params=["base", "git-sync", "example"])
def alone(request):
    """The same, of what has one pod and its disk."""
    return render(request.param)


def render(name):
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl, which has kustomize")
    ended = subprocess.run(["kubectl", "kustomize", KUBERNETES / name], capture_output=True, text=True, check=False)
    if 'unknown field "patches"' in ended.stderr:
        pytest.skip("this kubectl is from before kustomize's `patches`")
    assert ended.returncode == 0 and not ended.stderr, ended.stderr
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(ended.stdout)}


def pod_of(objects):
    return objects["Deployment", "refresh-router"]["spec"]["template"]


def test_one_process_has_the_store(alone):
    spec = alone["Deployment", "refresh-router"]["spec"]
    assert spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"}
    assert alone["PodDisruptionBudget", "refresh-router"]["spec"]["maxUnavailable"] == 1, "a drain is not blocked for ever"


def test_several_pods_share_a_store_and_keep_nothing():
    objects = render("several")
    spec = objects["Deployment", "refresh-router"]["spec"]
    assert spec["replicas"] > 1 and spec["strategy"]["type"] == "RollingUpdate" and spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 1
    assert objects["PodDisruptionBudget", "refresh-router"]["spec"]["maxUnavailable"] == 1, "one drained machine takes one node"
    assert not [kind for kind, _ in objects if kind == "PersistentVolumeClaim"]
    [container] = pod_of(objects)["spec"]["containers"]
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert yaml.safe_load(objects["ConfigMap", "refresh-router-config"]["data"]["config.yaml"])["store"]["url"].startswith("postgresql://")
    egress = objects["NetworkPolicy", "refresh-router"]["spec"]["egress"]
    assert {port["port"] for entry in egress for port in entry["ports"]} == {53, 443, 5432}


def test_every_reference_leads_somewhere(objects):
    labels, spec = pod_of(objects)["metadata"]["labels"], pod_of(objects)["spec"]
    ports = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
    for (kind, _), each in objects.items():
        selector = each.get("spec", {}).get({"Service": "selector", "NetworkPolicy": "podSelector"}.get(kind, "selector"))
        if selector and kind not in ("PersistentVolumeClaim", "ServiceMonitor"):
            assert selector.get("matchLabels", selector).items() <= labels.items(), kind
        if kind == "Service":
            assert {port["targetPort"] for port in each["spec"]["ports"]} <= ports
    for entry in objects["NetworkPolicy", "refresh-router"]["spec"]["ingress"]:
        assert {port["port"] for port in entry["ports"]} <= ports
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for container in spec["containers"] + spec.get("initContainers", []):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
    for volume in volumes.values():
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in objects
        if "persistentVolumeClaim" in volume:
            assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in objects


def test_the_pod_may_do_next_to_nothing(objects):
    spec = pod_of(objects)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f'{spec["securityContext"]["runAsUser"]}:{spec["securityContext"]["runAsGroup"]}' == dict(instructions()[1])["USER"]
    for container in spec["containers"] + spec.get("initContainers", []):
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def test_probes_ask_what_the_daemon_answers_without_a_token(objects):
    [container] = (each for each in pod_of(objects)["spec"]["containers"] if each["name"] == "refresh-router")
    paths = {name: container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe", "startupProbe")}
    assert {name: get["path"] for name, get in paths.items()} == {"livenessProbe": "/healthz", "readinessProbe": "/readyz", "startupProbe": "/healthz"}
    assert {get["port"] for get in paths.values()} == {"admin"}
    listening = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert listening == {name: int(CONFIG["listen"][name].rpartition(":")[2]) for name in ("webhooks", "admin")}
    assert cli(*container["args"][:1], "--help").returncode == 0


def test_the_configuration_is_accepted_and_its_paths_are_mounted(objects, tmp_path):
    [container] = (each for each in pod_of(objects)["spec"]["containers"] if each["name"] == "refresh-router")
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    assert any(f'{CONFIG["rules"][0]}'.startswith(path + "/") for path in mounted)
    text = objects["ConfigMap", "refresh-router-config"]["data"]["config.yaml"]
    rules = objects["ConfigMap", "refresh-router-rules"]["data"]
    for path in re.findall(r"(?:file: |sqlite:)(/[^\s},]+)", text):
        assert str(pathlib.Path(path).parent) in mounted, path
    (tmp_path / "rules").mkdir()
    for name, content in rules.items():
        (tmp_path / "rules" / name).write_text(content)
    (tmp_path / "config.yaml").write_text(text.replace(CONFIG["rules"][0], "rules/"))
    ended = cli("check", "--no-files", "--config", tmp_path / "config.yaml")
    assert ended.returncode == 0, ended.stderr


def test_the_containers_memory_is_bounded_and_nothing_is_kept_but_on_the_disk(alone):
    [container] = (each for each in pod_of(alone)["spec"]["containers"] if each["name"] == "refresh-router")
    assert container["resources"]["limits"].keys() == {"memory"}, "a bound of processor time would delay the answer to dbt"
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    writable = [mount for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert [mount["mountPath"] for mount in writable] == ["/var/lib/refresh-router"]
    assert alone["PersistentVolumeClaim", "refresh-router"]["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_only_what_is_meant_to_gets_in_and_out(alone):
    policy = alone["NetworkPolicy", "refresh-router"]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert {entry["ports"][0]["port"]: "from" in entry for entry in policy["ingress"]} == {"webhooks": False, "admin": True}
    assert {port["port"] for entry in policy["egress"] for port in entry["ports"]} == {53, 443}


def test_the_example_is_scraped_with_the_viewers_token_and_reached_by_dbt():
    objects = render("example")
    monitor = objects["ServiceMonitor", "refresh-router"]["spec"]
    [service] = (each for (kind, _), each in objects.items()
                 if kind == "Service" and monitor["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items())
    [endpoint] = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    credentials = endpoint["authorization"]["credentials"]
    config = yaml.safe_load(objects["ConfigMap", "refresh-router-config"]["data"]["config.yaml"])
    [viewer] = (token for token in config["admin_tokens"] if token["role"] == "viewer")
    assert viewer["secret"]["file"].endswith("/" + credentials["key"])
    assert credentials["name"] in {volume.get("secret", {}).get("secretName") for volume in pod_of(objects)["spec"]["volumes"]}
    [rule_] = objects["Ingress", "refresh-router"]["spec"]["rules"]
    [path] = rule_["http"]["paths"]
    target = objects["Service", path["backend"]["service"]["name"]]["spec"]
    assert path["path"] == "/webhooks/" and path["backend"]["service"]["port"]["name"] in {port["name"] for port in target["ports"]}
    assert {each["metadata"]["namespace"] for each in objects.values()} == {"refresh-router"}


def type_of(each):
    """The module of kubernetes-types, and the type: of core objects "v1", of others "apps/v1", "networking.k8s.io/v1"."""
    group, _, version = each["apiVersion"].rpartition("/")
    return f'{group.partition(".")[0] or "core"}/{version}', each["kind"]


def type_errors(objects, folder):
    """What TypeScript says of objects that are literals of Kubernetes' own types: unknown and missing members, and values of a wrong type."""
    lines = []
    for number, each in enumerate(objects):
        module, kind = type_of(each)
        lines.append(f'import {{ {kind} as Kind{number} }} from "{TYPES}/kubernetes-types/{module}";')
        lines.append(f"export const object{number}: Kind{number} = {json.dumps(each)};")
    (folder / "objects.ts").write_text("\n".join(lines))
    ended = subprocess.run([TYPES / ".bin" / "tsc", "--noEmit", "--strict", "--moduleResolution", "node", folder / "objects.ts"], capture_output=True, text=True,
                           cwd=folder, check=False)
    return ended.stdout + ended.stderr


@pytest.mark.skipif(not (TYPES / "installed.json").exists() or not shutil.which("node"),
                    reason="the types of Kubernetes are not installed (packaging/install-dependencies test)")
def test_the_objects_are_of_kubernetes_types(objects, tmp_path):
    ours = [each for each in objects.values() if each["kind"] != "ServiceMonitor"]      # Prometheus' operator's
    assert len(ours) >= 7 and not type_errors(ours, tmp_path)
    pod_of(objects)["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesytem"] = True
    assert '"readOnlyRootFilesytem"\' does not exist' in type_errors(ours, tmp_path)


@pytest.mark.parametrize("folder", ["base", "example", "several"])
def test_the_secret_that_is_asked_for_has_every_key(folder):
    told = re.search(r"kubectl create secret generic refresh-router (.*)", (BASE / "kustomization.yaml").read_text())[1]
    keys = {argument.split("=")[1] for argument in shlex.split(told)}
    config = (KUBERNETES / folder / "config.yaml").read_text()
    keys |= set(re.findall(r"\b\w+_(?:pat|token|password)\b", config.partition("version:")[0]))      # what its opening comment adds
    assert keys == set(re.findall(r"/run/secrets/refresh-router/(\w+)", config))
