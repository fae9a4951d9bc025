# Tries each word of TARGETS, `PROTOCOL:HOST:PORT`, and says what came of it. Its own database must answer.
timeout 5 bash -c ': </dev/tcp/db/5432' || { echo "own database does not answer"; exit 1; }
echo "tcp:db:5432 reached"
# The machine that the stack stands on, as its own network sees it.
read -r a b c d <<<"$(awk '$2 == "00000000" { print substr($3,7,2), substr($3,5,2), substr($3,3,2), substr($3,1,2) }' /proc/net/route)"
gateway=$((16#$a)).$((16#$b)).$((16#$c)).$((16#$d))
# The address that is everybody's in that network.
everybody=$(awk 'NR > 1 && $2 != "00000000" && $8 != "00000000" { print $2, $8; exit }' /proc/net/route | perl -ne '
    print join ".", unpack "C4", pack "V", hex($1) | ~hex($2) & 0xffffffff if /(\S+) (\S+)/')
for target in $TARGETS; do
    target=${target/own-gateway/$gateway}
    target=${target/own-everybody/$everybody}
    IFS=: read -r protocol host port <<<"$target"
    case $protocol in
    tcp) timeout 5 bash -c ": </dev/tcp/$host/$port" 2>/dev/null ;;
    # An answer counts as reached, and so does what nobody refuses.
    udp) timeout 5 perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or exit 1;
        $s->send("x"); select(undef, undef, undef, 0.5); exit(defined $s->send("y") ? 0 : 1)' "$host" "$port" ;;
    # Nobody is told of a refusal of what is for everybody, so only an answer counts.
    everybody) timeout 5 perl -MSocket -e '
        socket(my $s, PF_INET, SOCK_DGRAM, 17) or exit 2;
        setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1) or exit 2;
        send($s, "x", 0, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or exit 1;
        my $r = ""; vec($r, fileno($s), 1) = 1;
        exit(select($r, undef, undef, 1) ? 0 : 1)' "$host" "$port" ;;
    icmp) timeout 5 perl -MSocket -e '
        socket(my $s, PF_INET, SOCK_RAW, 1) or exit 2;
        my $body = pack("C2n3a8", 8, 0, 0, $$ & 65535, 1, "stage");
        my $sum = 0; $sum += $_ for unpack("n*", $body); $sum = ($sum >> 16) + ($sum & 65535);
        substr($body, 2, 2) = pack("n", ~$sum & 65535);
        send($s, $body, 0, pack_sockaddr_in(0, inet_aton($ARGV[0]))) or exit 1;
        my $r = ""; vec($r, fileno($s), 1) = 1;
        while (select(my $q = $r, undef, undef, 2)) { recv($s, my $p, 1500, 0); exit 0 if ord(substr($p, 20)) == 0 }
        exit 1' "$host" ;;
    dns) timeout 10 getent ahostsv4 "$host" >/dev/null ;;
    esac && echo "$target reached" || echo "$target refused"
done
