# What the firewall's container does; it is in the network of the engine's machine. Arguments: a verb, and what it is about.
set -eu
lookups=/run/stage-lookups
verb=$1
shift

# Makes the tables out of the rules unless they are there. The lock lies in this container, of which there is one.
ensure() {
    exec 9>/run/stage-firewall.lock
    flock 9
    nft list map ip stage stacks >/dev/null 2>&1 || printf '%s\n' "$1" | nft -f -
    exec 9>&-
}

# Rules are laid and forgotten one after the other, so that none are laid for an interface that has been forgotten.
lock_rules() {
    exec 8>/run/stage-rules.lock
    flock 8
}

# What is refused behind `$bridge`, whose subnet is `$subnet`; arguments are allowed.
rules_of_stack() {
    cat <<END
add set ip stage $bridge-allowed { type ipv4_addr; flags interval; auto-merge; }
add set ip stage $bridge-ports { typeof ip saddr . ip daddr . meta l4proto . th dport; size 65535; flags dynamic; }
add set ip stage $bridge-others { typeof ip saddr . ip daddr . meta l4proto; size 65535; flags dynamic; }
add chain ip stage $bridge
flush chain ip stage $bridge
# The address that the engine's machine has in the subnet is no part of the stack, and what is for everybody in the subnet is for the
# machine, too: where it is only passed on, it has a way out.
add rule ip stage $bridge ip daddr $subnet fib daddr type unicast accept
add rule ip stage $bridge ip daddr $subnet fib daddr type broadcast meta oifname "$bridge" accept
add rule ip stage $bridge ip daddr @$bridge-allowed accept
# What is left of a connection that is over is no attempt.
add rule ip stage $bridge tcp flags & (syn | ack) != syn drop
add rule ip stage $bridge meta l4proto { tcp, udp } update @$bridge-ports { ip saddr . ip daddr . meta l4proto . th dport counter }
add rule ip stage $bridge meta l4proto != { tcp, udp } update @$bridge-others { ip saddr . ip daddr . meta l4proto counter }
add rule ip stage $bridge jump refuse
add element ip stage stacks { "$bridge" : jump $bridge }
END
    for allowed in "$@"; do
        printf 'add element ip stage %s-allowed { %s }\n' "$bridge" "$allowed"
    done
}

# Notes who looked up what, a line each: `KIND NAME`. Whoever asks without end is cut short, until a network begins anew at
# that address.
note_lookups() {
    set -f
    number=0
    while read -r line; do
        case $line in
        *'query['*' from '*)
            # shellcheck disable=SC2086 # KIND] NAME from ADDRESS
            set -- ${line#*query[}
            file=$lookups/$4
            [ -e "$file.full" ] || printf '%s %s\n' "${1%]}" "$2" >>"$file"
            number=$((number + 1))
            if [ $((number % 256)) = 0 ] && [ "$(wc -c <"$file")" -gt 1000000 ]; then
                : >"$file.full"
            fi
            ;;
        # Why the server cannot go on.
        'dnsmasq: '*) printf '%s\n' "$line" >&2 ;;
        esac
    done
}

case $verb in
serve)
    # A name server that knows no name, and who asked it for what: one file an address.
    mkdir -p "$lookups"
    trap 'nft delete table ip stage; nft delete table ip6 stage; exit' TERM
    ensure "$1"
    dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --user=root --cache-size=0 \
        --port=10053 --bind-dynamic --interface='stage-*' --except-interface=lo --address=/#/ \
        --log-queries --log-facility=- 2>&1 | note_lookups &
    wait $!
    ;;
deny)
    # The rules, the interface, its subnet, how many addresses follow that are all of the subnet, they, and what else may be
    # reached.
    rules=$1 bridge=$2 subnet=$3 addresses=$4
    shift 4
    # One process takes all away: each costs as much as the rules do.
    forgotten=
    while [ "$addresses" -gt 0 ]; do
        forgotten="$forgotten $lookups/$1 $lookups/$1.full"
        shift
        addresses=$((addresses - 1))
    done
    lock_rules
    if [ ! -e "/sys/class/net/$bridge" ]; then
        echo "the interface $bridge is not on the machine whose network the firewall sees" >&2
        exit 3
    fi
    # shellcheck disable=SC2086 # Addresses are words.
    rm -f $forgotten
    # The tables are there but for the first time, and after somebody else has taken them away.
    rules_of_stack "$@" | nft -f - 2>/dev/null || {
        ensure "$rules"
        rules_of_stack "$@" | nft -f -
    }
    ;;
forget)
    bridge=$1
    lock_rules
    nft -f - 2>/run/stage-forget.log <<END ||
delete element ip stage stacks { "$bridge" }
flush chain ip stage $bridge
delete chain ip stage $bridge
delete set ip stage $bridge-allowed
delete set ip stage $bridge-ports
delete set ip stage $bridge-others
END
    if nft list chain ip stage "$bridge" >/dev/null 2>&1; then
        cat /run/stage-forget.log >&2
        exit 1
    fi
    ;;
refused)
    # The interface, and the addresses of its subnet: both sets as JSON, a line each, and what each address has looked up.
    nft -j list set ip stage "$1-ports"
    nft -j list set ip stage "$1-others"
    shift
    for address in "$@"; do
        if [ -e "$lookups/$address" ]; then
            sort "$lookups/$address" | uniq -c | sed "s/^ */$address /"
        fi
    done
    ;;
denied)
    nft list map ip stage stacks 2>/dev/null | grep -o '"stage-[0-9a-f]*"' | tr -d '"' || true
    ;;
resolve)
    for host in "$@"; do
        getent ahostsv4 "$host" | awk -v host="$host" '{ print host, $1 }' | sort -u || true
    done
    ;;
esac
