export const up = ["alter table `note` add column `version` integer not null default 1"];

export const down = [
  `/* refuse: the table note has parts that this migration does not know and would take away, such as those of another branch. Take this migration away, get the .snapshot.json of the migrations before it, and run makemigrations again */ select 'column ' || name || ' ' || lower(type) as part from pragma_table_xinfo('note') where lower(name || ' ' || case hidden when 0 then case instr(type, '(') when 0 then type else rtrim(substr(type, 1, instr(type, '(') - 1)) end else '' end) not in ('id integer', 'user_id integer', 'title text', 'content text', 'created_at datetime', 'version integer') union all select 'foreign key on ' || "from" || ' to ' || "table" from pragma_foreign_key_list('note') where lower("from" || ' ' || "table") not in ('user_id auth_user')`,
  "create table `antiphon_new_note` (`id` integer not null primary key autoincrement, `user_id` integer not null, `title` text not null, `content` text not null default '', `created_at` datetime not null, constraint `note_user_id_foreign` foreign key (`user_id`) references `auth_user` (`id`) on delete cascade)",
  "insert into `antiphon_new_note` (`id`, `user_id`, `title`, `content`, `created_at`) select `id`, `user_id`, `title`, `content`, `created_at` from `note`",
  `delete from sqlite_sequence where name = 'antiphon_new_note'`,
  `insert into sqlite_sequence (name, seq) select 'antiphon_new_note', seq from sqlite_sequence where name = 'note'`,
  "drop table `note`",
  `pragma legacy_alter_table = on`,
  "alter table `antiphon_new_note` rename to `note`",
  `pragma legacy_alter_table = off`,
  "create index `note_user_id_index` on `note` (`user_id`)",
];
