#!/bin/sh
# Starts Redis the way the official image does: as its own user, open to the container's network.
set -eu

case "${1:-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis '{}' +
        exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
    fi
    # Without a configuration file, protected mode would refuse every other container. A file decides for itself.
    case "${2:-}" in
        *.conf) ;;
        *)
            shift
            set -- redis-server --protected-mode no "$@"
            ;;
    esac
fi

exec "$@"
