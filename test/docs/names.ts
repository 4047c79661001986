// What teams have in their Capfiles and playbooks: names of Murder, Ansistrano and Capistrano, by hand from their sources.

const words = (text: string) => text.trim().split(/\s+/);

/** Tasks of its admin.rb and murder.rb. */
export const MURDER_TASKS = words(`
  distribute_files start_tracker stop_tracker create_torrent download_torrent start_seeding stop_seeding
  stop_all_seeding peer stop_peering stop_all_peering clean_temp_files
`).map((task) => `murder:${task}`);

/** Settings of its README and of murder_config.rb, arguments its tasks take, roles. */
export const MURDER_NAMES = words(`
  default_tag default_seeder_files_path default_destination_path remote_murder_path host_suffix tracker_host
  tracker_port seeder_host peers tag files_path destination_path no_tag_directory path_is_file unsafe_please_delete
  do_not_download_torrent tracker seeder peer deploy_via
`);

/** defaults/main.yml and "Role Variables" of ansistrano.deploy and ansistrano.rollback. */
export const ANSISTRANO_VARS = words(`
  deploy_from deploy_to version_dir releases_path shared_dir shared_path current_dir current_via shared_paths
  shared_files ensure_shared_paths_exist ensure_basedirs_shared_files_exist keep_releases deploy_via repo_dir
  allow_anonymous_stats rsync_extra_params rsync_set_remote_user rsync_path rsync_use_ssh_args git_repo git_branch
  git_repo_tree git_identity_key_path git_identity_key_remote_path git_identity_key_shred git_refspec git_ssh_opts
  git_depth git_executable svn_repo svn_branch svn_revision svn_username svn_password svn_environment hg_repo
  hg_branch get_url download_force_basic_auth download_headers s3_bucket s3_object s3_region s3_rgw s3_url
  s3_aws_access_key s3_aws_secret_key s3_ignore_nonexistent_bucket gcs_bucket gcs_object gcs_region gcs_access_key
  gcs_secret_key unarchive_owner unarchive_group unarchive_exclude release_version release_path rollback_to_release
  remove_rolled_back
`).map((name) => `ansistrano_${name}`);

/** Their hooks. */
export const ANSISTRANO_HOOKS = [
  ...["setup", "update_code", "symlink_shared", "symlink", "cleanup"].map((step) => step),
  ...["setup", "symlink", "cleanup"].map((step) => `rollback ${step}`),
].flatMap((step) => {
  const [role, name] = step.includes(" ") ? ["rollback_", step.split(" ")[1]] : ["", step];
  return ["before", "after"].map((when) => `ansistrano_${role}${when}_${name}_tasks_file`);
});

/** "Variables" of its documentation, of its git, svn and path helpers, and host properties. */
export const CAPISTRANO_VARS = words(`
  application deploy_to scm repo_url branch svn_username svn_password svn_revision repo_path repo_tree linked_files
  linked_dirs default_env keep_releases tmp_dir local_user pty log_level format user ssh_options stage filter
  release_path current_path shared_path releases_path deploy_path release_timestamp current_revision
  previous_revision revision_log revision_log_message rollback_log_message git_shallow_clone git_wrapper_path
  git_environmental_variables git_max_concurrent_connections git_wait_interval git_http_username git_http_password
  no_release primary print_config_variables
`);

/** How SSHKit is told what runs where. */
export const SSHKIT_WORDS = [
  ...[
    "in: :parallel",
    "in: :sequence",
    "in: :groups",
    "limit:",
    "wait:",
    "execute",
    "capture",
    "test",
    "upload!",
  ],
  ...["download!", "within", "with", "as", "SSHKit.config.command_map"],
];

/** Tasks of framework.rake, deploy.rake, git.rake, doctor.rake, install.rake. */
export const CAPISTRANO_TASKS = words(`
  deploy deploy:starting deploy:started deploy:updating deploy:updated deploy:publishing deploy:published
  deploy:finishing deploy:finished deploy:reverting deploy:reverted deploy:finishing_rollback deploy:rollback
  deploy:check deploy:check:directories deploy:check:linked_dirs deploy:check:make_linked_dirs
  deploy:check:linked_files deploy:symlink:release deploy:symlink:shared deploy:symlink:linked_dirs
  deploy:symlink:linked_files deploy:cleanup deploy:cleanup_rollback deploy:log_revision deploy:revert_release
  deploy:new_release_path deploy:last_release_path deploy:rollback_release_path deploy:set_current_revision
  deploy:set_current_revision_time deploy:set_previous_revision deploy:print_config_variables deploy:restart
  deploy:failed git:wrapper git:check git:clone git:update git:create_release git:set_current_revision
  git:set_current_revision_time doctor doctor:environment doctor:gems doctor:variables doctor:servers install console
`);
