-- Temporary tables are nobody's data, and an index on an expression or on some rows makes no column unique.
SELECT json_build_object(
    'database_oid', (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
    'databases', (SELECT json_object_agg(oid::bigint, datname) FROM pg_database),
    'enums', (
        SELECT coalesce(json_object_agg(full_name, labels), '{}')
        FROM (
            SELECT n.nspname || '.' || t.typname AS full_name, json_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
            FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_enum e ON e.enumtypid = t.oid
            GROUP BY 1
        ) enums
    ),
    'indexes', (
        SELECT coalesce(json_object_agg(i.indexrelid::bigint, i.indrelid::bigint), '{}')
        FROM pg_index i
        WHERE i.indexrelid >= 16384
    ),
    -- What feeds a column: its identity, or a default that asks for it.
    'sequences', (
        SELECT coalesce(json_agg(json_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'oid', c.oid::bigint,
            'filenode', pg_relation_filenode(c.oid)::bigint,
            'unlogged', c.relpersistence = 'u',
            'increment', s.seqincrement,
            'cycles', s.seqcycle,
            'feeds', (
                SELECT coalesce(json_agg(json_build_array(f.relation::bigint, f.position)), '[]')
                FROM (
                    SELECT d.refobjid AS relation, d.refobjsubid AS position
                    FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                    UNION
                    SELECT a.adrelid, a.adnum
                    FROM pg_depend d
                    JOIN pg_attrdef a ON a.oid = d.objid
                    WHERE d.classid = 'pg_attrdef'::regclass
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                    ORDER BY 1, 2
                ) f
            )
        )), '[]')
        FROM pg_sequence s
        JOIN pg_class c ON c.oid = s.seqrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname <> 'information_schema'
            AND n.nspname NOT LIKE 'pg\_%'
    ),
    'tables', (
        SELECT coalesce(json_agg(json_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'oid', c.oid::bigint,
            'filenode', pg_relation_filenode(c.oid)::bigint,
            'kind', c.relkind,
            'unlogged', c.relpersistence = 'u',
            'parent_schema', pn.nspname,
            'parent_name', p.relname,
            'columns', (
                SELECT coalesce(json_agg(json_build_object(
                    'name', a.attname,
                    'type', format_type(a.atttypid, a.atttypmod),
                    'position', a.attnum,
                    'not_null', a.attnotnull,
                    'generated', a.attgenerated <> '',
                    'default', pg_get_expr(d.adbin, d.adrelid)
                ) ORDER BY a.attnum), '[]')
                FROM pg_attribute a
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ),
            'keys', (
                SELECT coalesce(json_agg(json_build_object(
                    'primary', i.indisprimary,
                    'columns', (
                        SELECT json_agg(a.attname ORDER BY k.place)
                        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                        WHERE k.place <= i.indnkeyatts
                    )
                ) ORDER BY i.indexrelid), '[]')
                FROM pg_index i
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                    AND i.indpred IS NULL AND i.indexprs IS NULL
            )
        )), '[]')
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_inherits h ON h.inhrelid = c.oid AND c.relispartition
        LEFT JOIN pg_class p ON p.oid = h.inhparent
        LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm')
            AND n.nspname <> 'information_schema'
            AND n.nspname NOT LIKE 'pg\_%'
    )
)::text
