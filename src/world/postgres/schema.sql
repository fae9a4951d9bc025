-- Every object of the user's schemas with what defines it: facets as a flat list of names and texts, of which those without
-- a text are nothing to say. Names are printed as they read with `public` in the search path. What belongs to an extension is
-- the extension's, and temporary objects are nobody's.
WITH schemas AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_namespace n
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
),
extended AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
),
relations AS (
    SELECT c.*, n.nspname
    FROM pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE (c.oid NOT IN (SELECT objid FROM extended WHERE classid = 'pg_class'::regclass))
),
tables AS (
    SELECT * FROM relations WHERE relkind IN ('r', 'p', 'f')
),
acls AS (
    -- Without a word, relations and schemas are their owners' alone, and functions and types everybody's.
    SELECT 'pg_class'::regclass AS class, oid, 0 AS sub, relowner AS owner, relacl AS acl
    FROM relations
    WHERE relacl IS NOT NULL
    UNION ALL
    SELECT 'pg_class'::regclass, a.attrelid, a.attnum, t.relowner, a.attacl
    FROM pg_attribute a
    JOIN tables t ON t.oid = a.attrelid
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
    FROM pg_type t
    JOIN schemas n ON n.oid = t.typnamespace
    WHERE t.typtype <> 'b' AND (t.typtype <> 'c' OR t.typacl IS NOT NULL)
    UNION ALL
    SELECT 'pg_namespace'::regclass, oid, 0, nspowner, nspacl FROM schemas WHERE nspacl IS NOT NULL
),
grants AS (
    SELECT class, oid, sub, json_object_agg(grantee, privileges) AS grants
    FROM (
        SELECT a.class, a.oid, a.sub,
            CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee) END AS grantee,
            string_agg(DISTINCT e.privilege_type || CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ')
                AS privileges
        FROM acls a
        CROSS JOIN LATERAL aclexplode(a.acl) e
        WHERE e.grantee <> a.owner
        GROUP BY 1, 2, 3, 4
    ) granted
    GROUP BY 1, 2, 3
),
objects (kind, schema, of_schema, of_table, name, class, oid, sub, inherited, facets) AS (
    SELECT 'schema', '', NULL::name, NULL::name, nspname::text, 'pg_namespace'::regclass, oid, 0, false,
        json_build_array('owner', pg_get_userbyid(nspowner))
    FROM schemas
    UNION ALL
    SELECT 'extension', '', NULL, NULL, e.extname, 'pg_extension'::regclass, e.oid, 0, false,
        json_build_array('version', e.extversion, 'schema', n.nspname)
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname <> 'plpgsql'
    UNION ALL
    SELECT 'type', n.nspname, NULL, NULL, t.typname, 'pg_type'::regclass, t.oid, 0, false,
        json_build_array(
            'definition', CASE t.typtype
                WHEN 'e' THEN 'ENUM (' || coalesce((
                    SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                    FROM pg_enum e WHERE e.enumtypid = t.oid
                ), '') || ')'
                WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod)
                WHEN 'r' THEN 'RANGE (' || (
                    SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid
                ) || ')'
                ELSE '(' || coalesce((
                    SELECT string_agg(
                        quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum
                    )
                    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
                ), '') || ')'
            END,
            'not null', CASE WHEN t.typnotnull THEN 'NOT NULL' END,
            'default', 'DEFAULT ' || t.typdefault,
            'checks', (
                SELECT string_agg(
                    quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true), ', ' ORDER BY k.conname
                )
                FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
            ),
            'owner', pg_get_userbyid(t.typowner)
        )
    FROM pg_type t
    JOIN schemas n ON n.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
        AND t.oid NOT IN (SELECT objid FROM extended WHERE classid = 'pg_type'::regclass)
    UNION ALL
    SELECT 'sequence', c.nspname, owning.nspname, owning.relname, c.relname, 'pg_class'::regclass, c.oid, 0, false,
        json_build_array(
            'type', format_type(s.seqtypid, NULL),
            -- What a sequence has that was made without a word is nothing to say.
            'start', 'START ' || nullif(s.seqstart, 1), 'increment', 'INCREMENT ' || nullif(s.seqincrement, 1),
            'minimum', 'MINVALUE ' || nullif(s.seqmin, 1),
            'maximum', 'MAXVALUE ' || nullif(s.seqmax, CASE s.seqtypid
                WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END),
            'cache', 'CACHE ' || nullif(s.seqcache, 1), 'cycle', CASE WHEN s.seqcycle THEN 'CYCLE' END,
            'owned by', 'OWNED BY ' || d.refobjid::regclass || '.' || quote_ident(a.attname),
            'owner', pg_get_userbyid(c.relowner)
        )
    FROM pg_sequence s
    JOIN relations c ON c.oid = s.seqrelid
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    LEFT JOIN relations owning ON owning.oid = d.refobjid
    -- The sequence of an identity column is part of the column.
    WHERE d.deptype IS DISTINCT FROM 'i'
    UNION ALL
    SELECT CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END, c.nspname, NULL, NULL, c.relname,
        'pg_class'::regclass, c.oid, 0, false,
        json_build_array(
            'persistence', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
            'partitioned by', 'PARTITION BY ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
            'partition of', CASE WHEN c.relispartition THEN 'PARTITION OF ' || (
                SELECT string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
                FROM pg_inherits h WHERE h.inhrelid = c.oid
            ) || ' ' || pg_get_expr(c.relpartbound, c.oid) END,
            'inherits', CASE WHEN NOT c.relispartition THEN 'INHERITS ' || (
                SELECT string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
                FROM pg_inherits h WHERE h.inhrelid = c.oid
            ) END,
            'server', (SELECT 'SERVER ' || s.srvname FROM pg_foreign_table f
                JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
            'row security', CASE WHEN c.relrowsecurity THEN 'ROW SECURITY ENABLED' END,
            'forced row security', CASE WHEN c.relforcerowsecurity THEN 'ROW SECURITY FORCED' END,
            'options', 'WITH (' || array_to_string(c.reloptions, ', ') || ')',
            'tablespace', (SELECT 'TABLESPACE ' || s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace),
            'owner', pg_get_userbyid(c.relowner)
        )
    FROM tables c
    UNION ALL
    SELECT 'column', c.nspname, c.nspname, c.relname, a.attname, 'pg_class'::regclass, c.oid, a.attnum,
        a.attinhcount > 0,
        json_build_array(
            'type', format_type(a.atttypid, a.atttypmod),
            'collation', (SELECT 'COLLATE ' || quote_ident(l.collname) FROM pg_collation l
                JOIN pg_type t ON t.oid = a.atttypid
                WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
            'not null', CASE WHEN a.attnotnull THEN 'NOT NULL' END,
            'default', CASE a.attgenerated WHEN '' THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid, true) END,
            'generated', CASE WHEN a.attgenerated <> '' THEN 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid, true)
                || ')' || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END END,
            'identity', 'GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END
                || ' AS IDENTITY'
        )
    FROM tables c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT 'constraint', c.nspname, c.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, 0,
        k.coninhcount > 0 OR k.conparentid <> 0,
        json_build_array(
            'definition', regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''),
            'state', CASE WHEN NOT k.convalidated THEN 'NOT VALID' END
        )
    FROM tables c
    JOIN pg_constraint k ON k.conrelid = c.oid
    -- NOT NULL is a column's, a constraint trigger is a trigger.
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT 'index', i.nspname, c.nspname, c.relname, i.relname, 'pg_class'::regclass, i.oid, 0, i.relispartition,
        json_build_array(
            'unique', CASE WHEN x.indisunique THEN 'UNIQUE' END,
            'definition', 'ON ' || c.oid::regclass || ' '
                || replace(substr(f.text, strpos(f.text, ' USING ') + 1), 'USING btree ', ''),
            -- That of a partitioned table waits for those of its partitions; that of a table is left over from a failure.
            'state', CASE WHEN NOT x.indisvalid THEN CASE i.relkind WHEN 'I' THEN 'INCOMPLETE' ELSE 'INVALID' END END
        )
    FROM relations i
    JOIN pg_index x ON x.indexrelid = i.oid
    JOIN relations c ON c.oid = x.indrelid
    CROSS JOIN LATERAL pg_get_indexdef(i.oid, 0, true) f (text)
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, c.nspname, NULL, NULL, c.relname,
        'pg_class'::regclass, c.oid, 0, false,
        json_build_array(
            'definition', btrim(pg_get_viewdef(c.oid, true), ' ;'),
            'state', CASE WHEN NOT c.relispopulated THEN 'WITH NO DATA' END,
            'options', 'WITH (' || array_to_string(c.reloptions, ', ') || ')',
            'owner', pg_get_userbyid(c.relowner)
        )
    FROM relations c
    WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, n.nspname, NULL, NULL,
        p.proname || '(' || oidvectortypes(p.proargtypes) || ')', 'pg_proc'::regclass, p.oid, 0, false,
        json_build_array(
            'definition', CASE p.prokind
                WHEN 'a' THEN (
                    SELECT 'SFUNC ' || g.aggtransfn || ' STYPE ' || format_type(g.aggtranstype, NULL)
                        || CASE WHEN g.aggfinalfn::oid <> 0 THEN ' FINALFUNC ' || g.aggfinalfn ELSE '' END
                        || coalesce(' INITCOND ' || quote_literal(g.agginitval), '')
                    FROM pg_aggregate g WHERE g.aggfnoid = p.oid
                )
                ELSE rtrim(substr(f.text, strpos(f.text, '(')), E'\n')
            END,
            'owner', pg_get_userbyid(p.proowner)
        )
    FROM pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace
    LEFT JOIN LATERAL (SELECT CASE p.prokind WHEN 'a' THEN NULL ELSE pg_get_functiondef(p.oid) END AS text) f ON true
    WHERE p.oid NOT IN (SELECT objid FROM extended WHERE classid = 'pg_proc'::regclass)
    UNION ALL
    SELECT 'trigger', c.nspname, c.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, 0, t.tgparentid <> 0,
        json_build_array(
            'definition', substr(f.text,
                strpos(f.text, ' TRIGGER ' || quote_ident(t.tgname)) + length(' TRIGGER ' || quote_ident(t.tgname)) + 1),
            'state', CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' END
        )
    FROM relations c
    JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
    CROSS JOIN LATERAL pg_get_triggerdef(t.oid, true) f (text)
    UNION ALL
    SELECT 'rule', c.nspname, c.nspname, c.relname, r.rulename, 'pg_rewrite'::regclass, r.oid, 0, false,
        json_build_array(
            'definition', btrim(substr(f.text, strpos(f.text, ' AS' || E'\n') + 4), ' ;'),
            'state', CASE r.ev_enabled WHEN 'D' THEN 'DISABLED' WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' END
        )
    FROM relations c
    JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
    CROSS JOIN LATERAL pg_get_ruledef(r.oid, true) f (text)
    UNION ALL
    SELECT 'policy', c.nspname, c.nspname, c.relname, p.polname, 'pg_policy'::regclass, p.oid, 0, false,
        json_build_array(
            'mode', CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE' END,
            'command', 'FOR ' || CASE p.polcmd
                WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            'roles', 'TO ' || (
                SELECT string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r.oid) END, ', ' ORDER BY 1)
                FROM unnest(p.polroles) r (oid)
            ),
            'using', 'USING (' || pg_get_expr(p.polqual, p.polrelid, true) || ')',
            'check', 'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')'
        )
    FROM tables c
    JOIN pg_policy p ON p.polrelid = c.oid
    UNION ALL
    SELECT 'statistics', n.nspname, NULL, NULL, s.stxname, 'pg_statistic_ext'::regclass, s.oid, 0, false,
        json_build_array('definition', substr(f.text, strpos(f.text, ' ON ') + 1))
    FROM pg_statistic_ext s
    JOIN schemas n ON n.oid = s.stxnamespace
    CROSS JOIN LATERAL pg_get_statisticsobjdef(s.oid) f (text)
    UNION ALL
    SELECT 'event trigger', '', NULL, NULL, e.evtname, 'pg_event_trigger'::regclass, e.oid, 0, false,
        json_build_array(
            'definition', 'ON ' || e.evtevent || coalesce(' WHEN TAG IN (' || array_to_string(e.evttags, ', ') || ')', '')
                || ' EXECUTE FUNCTION ' || e.evtfoid::regprocedure,
            'state', CASE e.evtenabled WHEN 'D' THEN 'DISABLED' WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' END
        )
    FROM pg_event_trigger e
    WHERE e.oid NOT IN (SELECT objid FROM extended WHERE classid = 'pg_event_trigger'::regclass)
    UNION ALL
    SELECT 'default privileges', '', NULL, NULL,
        CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
            WHEN 'T' THEN 'types' ELSE 'schemas' END
        || ' of ' || pg_get_userbyid(a.defaclrole) || coalesce(' in ' || n.nspname, ''),
        'pg_default_acl'::regclass, a.oid, 0, false,
        json_build_array('definition', (
            SELECT string_agg(
                'GRANT ' || e.privilege_type || ' TO '
                    || CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee) END,
                ', ' ORDER BY e.grantee, e.privilege_type
            )
            FROM aclexplode(a.defaclacl) e
        ))
    FROM pg_default_acl a
    LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
)
SELECT coalesce(json_agg(json_build_object(
    'kind', o.kind,
    'schema', o.schema,
    'of_schema', o.of_schema,
    'of_table', o.of_table,
    'name', o.name,
    'oid', o.oid::bigint,
    'position', o.sub,
    'inherited', o.inherited,
    'facets', o.facets,
    'grants', g.grants
)), '[]')::text
FROM objects o
LEFT JOIN grants g ON g.class = o.class AND g.oid = o.oid AND g.sub = o.sub
