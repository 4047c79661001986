// Inventories in the manner of well-known projects: clusters, storage, clouds, networks.
import type { Case } from "../commands.ts";

export const like = (name: string, files: Case["files"], ...args: string[]): Case[] => {
  const given = args.length === 0 ? ["-i", "inventory"] : args;
  const shows = [
    [],
    ["--export"],
    ["--graph", "--vars"],
    ["--list", "--yaml"],
    ["--list", "--yaml", "--export"],
  ];
  return shows.map((show) => ({
    name: `like ${name}: ${["--list", ...show].join(" ")}`,
    files,
    args: [...given, ...show],
  }));
};

const KUBERNETES = {
  "inventory/inventory.ini": "ignored by its ending\n",
  "inventory/hosts": `# ## Configure 'ip' variable to bind services on a different ip
[all]
node1 ansible_host=95.54.0.12  ip=10.3.0.1 etcd_member_name=etcd1
node2 ansible_host=95.54.0.13  # ip=10.3.0.2 etcd_member_name=etcd2
node[3:5] ansible_host=95.54.0.14 access_ip=

# ## configure a bastion host if your nodes are not directly reachable
[bastion]
bastion ansible_host=x.x.x.x ansible_user=some_user

[kube_control_plane]
node1
node2

[etcd]
node[1:3]

[kube_node]
node[2:5]

[calico_rr]

[k8s_cluster:children]
kube_control_plane
kube_node
calico_rr

[k8s_cluster:vars]
kube_oidc_url=https://[::1]:5000/dex#frag
supplementary_addresses_in_ssl_keys=['10.0.0.1','10.0.0.2']
kube_proxy_nodeport_addresses="{{ [kube_proxy_nodeport_addresses_cidr] if x is defined else [] }}"
`,
  "inventory/group_vars/all/all.yml": `---
bin_dir: /usr/local/bin
loadbalancer_apiserver_healthcheck_port: 8081
no_proxy_exclude_workers: false
ntp_servers:
  - "0.pool.ntp.org iburst"
  - "1.pool.ntp.org iburst"
unsafe_show_logs: false
http_proxy: ""
upstream_dns_servers: []
# kubelet_load_modules: false
`,
  "inventory/group_vars/all/etcd.yml": "etcd_data_dir: /var/lib/etcd\netcd_deployment_type: host\n",
  "inventory/group_vars/all/.swp": "x: 1\n",
  "inventory/group_vars/all/offline.yml": "## only comments\n# files_repo: http://x\n",
  "inventory/group_vars/k8s_cluster/k8s-cluster.yml": `---
kube_config_dir: /etc/kubernetes
kube_api_anonymous_auth: true
kube_version: v1.30.4
kube_token_auth: no
kube_service_addresses: 10.233.0.0/18
kube_network_node_prefix: 24
kube_apiserver_ip: "{{ kube_service_addresses | ansible.utils.ipaddr('net') | ansible.utils.ipaddr(1) | ansible.utils.ipaddr('address') }}"
kube_apiserver_port: 6443 # (https)
kube_encrypt_secret_data: false
cluster_name: cluster.local
ndots: 2
deploy_netchecker: false
skydns_server: "{{ kube_service_addresses|ipaddr('net')|ipaddr(3)|ipaddr('address') }}"
event_ttl_duration: "1h0m0s"
kubelet_feature_gates: []
kube_reserved: {cpu: 100m, memory: 256Mi}
volume: &vol
  name: cache
  size: 10Gi
volumes: [*vol, {<<: *vol, name: log}]
`,
  "inventory/group_vars/k8s_cluster/addons.yml": `---
helm_enabled: false
metallb_config:
  address_pools:
    primary:
      ip_range:
        - 10.5.0.0/16
      auto_assign: true
  layer3: {defaults: {peer_port: 179, hold_time: 120s}}
argocd_namespace: argocd
multus_conf: |
  {
    "cniVersion": "0.4.0"
  }
folded: >-
  one
  two

  three
`,
  "inventory/host_vars/node1.yml":
    "node_labels: {node-role.kubernetes.io/edge: ''}\nnode_taints: ['a=b:NoSchedule']\n",
  "inventory/credentials/secret.creds": "abc\n",
  "inventory/artifacts/admin.conf": "apiVersion: v1\n",
};

const OPENSHIFT = {
  inventory: `[OSEv3:children]
masters
nodes
etcd
nfs

[OSEv3:vars]
ansible_ssh_user=root
#ansible_become=yes
debug_level=2
openshift_deployment_type=origin
openshift_release=v3.11
openshift_master_identity_providers=[{'name': 'htpasswd_auth', 'login': 'true', 'challenge': 'true', 'kind': 'HTPasswdPasswordIdentityProvider'}]
openshift_master_htpasswd_users={'user1': '$apr1$x', 'user2': 'y'}
openshift_node_groups=[{'name': 'node-config-master', 'labels': ['node-role.kubernetes.io/master=true']}, {'name': 'node-config-compute', 'labels': ['node-role.kubernetes.io/compute=true'], 'edits': [{ 'key': 'kubeletArguments.pods-per-core','value': ['20']}]}]
openshift_builddefaults_nodeselectors={'nodelabel1':'nodelabelvalue1'}
openshift_master_oauth_templates={'login': '/path/to/login-template.html'}
openshift_hosted_registry_storage_volume_size=10Gi
openshift_hosted_registry_storage_access_modes=['ReadWriteMany']
openshift_master_default_subdomain=apps.test.example.com
openshift_docker_options="--log-driver json-file --log-opt max-size=1M --log-opt max-file=3"
openshift_additional_repos=[{'id': 'ose-devel', 'name': 'ose-devel', 'baseurl': 'http://example.com/puddle', 'enabled': 1, 'gpgcheck': 0}]
osm_default_node_selector='region=primary'
osn_storage_plugin_deps=['ceph','glusterfs','iscsi']
a_ternary=True if x else False
openshift_clock_enabled=true
version=3.10
version_quoted='3.10'

[masters]
ose3-master[1:2].test.example.com

[etcd]
ose3-etcd1-ansible.test.example.com openshift_ip=10.0.0.1

[nfs]
ose3-nfs1 ansible_host=1.2.3.4 ansible_port=2222

[nodes]
ose3-master[1:2].test.example.com openshift_node_group_name="node-config-master"
ose3-infra-node[a:c].test.example.com openshift_node_group_name='node-config-infra' openshift_node_labels="{'region': 'infra', 'zone': 'default'}"
192.168.100.[10:12:2] openshift_schedulable=false
`,
};

const STORAGE = {
  inventory: `[mons]
ceph-mon-[01:03] monitor_interface=eth0
[osds]
ceph-osd-01 devices="[ '/dev/sda', '/dev/sdb' ]" dedicated_devices="[ '/dev/nvme0n1' ]"
ceph-osd-02 devices=['/dev/sda','/dev/sdb'] osd_crush_location="{ 'root': 'HDD', 'rack': 'mon-rack' }"
[mgrs:children]
mons
[rgws]
rgw0 rgw_instances="[{'instance_name': 'rgw0', 'radosgw_frontend_port': 8080}]"
[clients]
[grafana-server]
ceph-mon-01
`,
  "group_vars/all.yml": `---
dummy:
fetch_directory: fetch/
ceph_conf_overrides:
  global: {osd_pool_default_size: 3, mon_max_pg_per_osd: 0x400}
  osd:
    osd max backfills: 1
    osd recovery op priority: 1.0
public_network: 0.0.0.0/0
cephx: true
generate_fsid: true
mds_max: 010
timeout: 1_000
pools:
  - &hdd {name: test, rule_name: HDD, type: 1, expected_num_objects: ""}
  - <<: *hdd
    name: test2
openstack_keys:
- { name: client.glance, caps: { mon: "profile rbd", osd: "profile rbd pool=volumes, profile rbd pool={{ p.name }}"}, mode: "0600" }
`,
  "group_vars/osds": "osd_objectstore: bluestore\ncrush_rule_config: no\n",
  "group_vars/mons.yml.sample": "not: read\n",
  "group_vars/grafana-server.json": '{"dash": {"port": 3000, "ratio": 1e3, "on": true, "none": null}}',
};

const HOMES = {
  "inventory/hosts": `# -*- ini -*-
[debops_all_hosts]
hostname	ansible_host=hostname.example.org
other.example.org:2222 ansible_become=no

[debops_service_hashicorp:children]
debops_service_nginx
[debops_service_nginx]
hostname nginx__servers="[{'name': [ 'a.example.org' ], 'type': 'default'}]"
`,
  "inventory/group_vars/all/netbase.yml": `---
netbase__domain: 'example.org'
apt__sources:
  - uris: 'http://ftp.debian.org/debian'
    components: [ 'main', 'contrib' ]
    state: '{{ "present"
              if (ansible_distribution == "Debian")
              else "absent" }}'
sshd__whitelist: [ '192.0.2.0/24', '2001:db8::/32' ]
users__accounts:
  - name: 'user'
    mode: 0751
    created: 2014-10-01
    since: 2001-12-14 21:59:43.10 +2
`,
  "inventory/group_vars/all/sub/more/deep.yaml": "deep: yes\nnetbase__domain: deeper.org\n",
  "inventory/group_vars/all/zz.txt": "not: read\n",
  "inventory/host_vars/hostname/one.yml": "one: 1\nlist: [1]\n",
  "inventory/host_vars/hostname/two.yml": "one: 2\n",
  "inventory/secret/pw": "x\n",
};

export const CLUSTER_CASES: readonly Case[] = [
  ...like("a Kubernetes cluster", KUBERNETES),
  ...like("OpenShift 3", OPENSHIFT),
  ...like("Ceph", STORAGE),
  ...like("a collection of roles", HOMES),
];
