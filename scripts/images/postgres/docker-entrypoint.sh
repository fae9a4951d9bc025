#!/usr/bin/env bash
# Starts PostgreSQL the way the official image does: a data directory that exists is used as it is, an empty one is initialised first.
set -Eeuo pipefail
shopt -s nullglob

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}

# A setting may come as the content of a file: NAME_FILE names it.
read_setting() {
    local name=$1 default=${2:-} file_name=${1}_FILE
    local value=${!name:-} file=${!file_name:-}
    if [ -n "$value" ] && [ -n "$file" ]; then
        fail "both $name and $file_name are set, but they exclude each other"
    fi
    if [ -n "$file" ]; then
        value=$(<"$file")
    fi
    export "$name"="${value:-$default}"
    unset "$file_name"
}

# Makes the folders belong to the server. Only root can, and only root needs to.
own_folders() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 00700 "$PGDATA" || true
    chmod 03775 /var/run/postgresql || true
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
        chmod 00700 "$POSTGRES_INITDB_WALDIR"
    fi
}

check_password() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        fail "the database is uninitialised and no superuser password is given: set POSTGRES_PASSWORD to a non-empty value (or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in)"
    fi
}

create_cluster() {
    local arguments=(--username="$POSTGRES_USER")
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
        arguments+=(--waldir="$POSTGRES_INITDB_WALDIR")
    fi
    # POSTGRES_INITDB_ARGS is a line as one would type it, quotes included.
    if [ -n "${POSTGRES_INITDB_ARGS:-}" ]; then
        local typed=()
        eval "typed=($POSTGRES_INITDB_ARGS)"
        arguments+=("${typed[@]}")
    fi
    # The password goes through a pipe that lives as long as the command: it is in no file and in no argument.
    if [ -n "$POSTGRES_PASSWORD" ]; then
        initdb --pgdata="$PGDATA" "${arguments[@]}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
    else
        initdb --pgdata="$PGDATA" "${arguments[@]}"
    fi

    local method=${POSTGRES_HOST_AUTH_METHOD:-}
    if [ -z "$method" ]; then
        method=$(postgres -C password_encryption "${@:2}" 2>/dev/null || echo scram-sha-256)
    fi
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

# The temporary server listens on its socket only, so that nobody outside takes a half-made database for a ready one.
start_temporary_server() {
    local options
    printf -v options '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}"
    NOTIFY_SOCKET='' PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl --pgdata="$PGDATA" --options="$options" --wait start
}

stop_temporary_server() {
    PGUSER=${PGUSER:-postgres} pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
}

# Used by the scripts in docker-entrypoint-initdb.d too, under the name they know it by.
docker_process_sql() {
    local arguments=(-v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
    if [ -n "$POSTGRES_DB" ]; then
        arguments+=(--dbname "$POSTGRES_DB")
    fi
    PGHOST='' PGHOSTADDR='' psql "${arguments[@]}" "$@"
}

create_database() {
    local wanted=$POSTGRES_DB exists
    exists=$(POSTGRES_DB=postgres docker_process_sql --set db="$wanted" --tuples-only \
        <<<"SELECT 1 FROM pg_database WHERE datname = :'db';")
    if [ -z "$exists" ]; then
        POSTGRES_DB=postgres docker_process_sql --set db="$wanted" <<<'CREATE DATABASE :"db";'
    fi
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        printf '%s: %s\n' "$0" "$file"
        case $file in
            *.sh)
                if [ -x "$file" ]; then
                    "$file"
                else
                    # shellcheck source=/dev/null
                    . "$file"
                fi
                ;;
            *.sql) docker_process_sql --file "$file" ;;
            *.sql.gz) gunzip --stdout "$file" | docker_process_sql ;;
            *.sql.xz) xz --decompress --stdout "$file" | docker_process_sql ;;
            *.sql.zst) zstd --decompress --stdout "$file" | docker_process_sql ;;
            *) printf '%s: ignored: %s\n' "$0" "$file" ;;
        esac
    done
}

initialise() {
    read_setting POSTGRES_PASSWORD
    read_setting POSTGRES_USER postgres
    read_setting POSTGRES_DB "$POSTGRES_USER"
    read_setting POSTGRES_INITDB_ARGS
    check_password
    create_cluster "$@"
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    start_temporary_server "$@"
    create_database
    run_init_files
    stop_temporary_server
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

asks_for_help() {
    local argument
    for argument; do
        case $argument in
            -'?' | --help | --describe-config | -V | --version) return 0 ;;
        esac
    done
    return 1
}

main() {
    if [ "${1:0:1}" = - ]; then
        set -- postgres "$@"
    fi
    if [ "$1" = postgres ] && ! asks_for_help "$@"; then
        if [ "$(id -u)" = 0 ]; then
            own_folders
            export HOME=/var/lib/postgresql
            exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
        fi
        if [ -s "$PGDATA/PG_VERSION" ]; then
            printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
        else
            mkdir -p "$PGDATA"
            initialise "$@"
        fi
    fi
    exec "$@"
}

main "$@"
