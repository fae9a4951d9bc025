# The mail sink of a stack: a mail server that takes whatever it is sent and passes nothing on. Each message is told on the
# standard output as JSON, in lines of at most half a mebibyte that follow each other: `part` of `parts`, the bytes as base64.
# Passwords are read over. There is no TLS; whoever asks for it is refused, and that is told, too.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

# What begins with TLS waits for no greeting.
my $implicit_tls = 465;
my @ports = (25, $implicit_tls, 587, 1025, 2525);
# Of a longer message the beginning is kept.
my $most_bytes = 10 * 1024 * 1024;
# A multiple of three, so that base64 fills nothing up in between.
my $part_bytes = 288 * 1024;
my $longest_line = 4096;
my $most_recipients = 500;
my $longest_address = 320;
my $most_connections = 500;

$SIG{TERM} = $SIG{INT} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
$| = 1;

my (%port_of, %client);
my $select = IO::Select->new;
for my $port (@ports) {
    my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 128, ReuseAddr => 1, Blocking => 0)
        or die "port $port: $@\n";
    $port_of{fileno $listener} = $port;
    $select->add($listener);
}

while (my @ready = $select->can_read) {
    for my $socket (@ready) {
        my $number = fileno $socket;
        next unless defined $number;
        if (exists $port_of{$number}) { welcome($socket, $port_of{$number}) }
        else { take($client{$number}) }
    }
}

sub welcome {
    my ($listener, $port) = @_;
    my $socket = $listener->accept or return;
    if (keys %client >= $most_connections) {
        close $socket;
        return;
    }
    $socket->blocking(0);
    my $it = { socket => $socket, peer => $socket->peerhost, in => '', is_new => 1, waits => $port == $implicit_tls };
    reset_mail($it);
    $client{fileno $socket} = $it;
    $select->add($socket);
    say_to($it, '220 mail.stage ESMTP keeps everything, sends nothing') unless $it->{waits};
}

sub leave {
    my ($it) = @_;
    $select->remove($it->{socket});
    delete $client{fileno $it->{socket}};
    close $it->{socket};
    $it->{gone} = 1;
}

# Whoever does not read its answers is let go of: nobody else may wait for it.
sub say_to {
    my ($it, @lines) = @_;
    return if $it->{gone};
    my $text = join '', map { "$_\r\n" } @lines;
    my $written = syswrite $it->{socket}, $text;
    leave($it) unless defined $written && $written == length $text;
}

sub reset_mail {
    my ($it) = @_;
    @$it{qw(from to body size in_body asks)} = (undef, [], '', 0, 0, undef);
}

sub take {
    my ($it) = @_;
    my $read = sysread $it->{socket}, my $bytes, 65536;
    return if !defined $read && $!{EAGAIN};
    return leave($it) unless $read;
    $it->{in} .= $bytes;
    if ($it->{is_new}) {
        $it->{is_new} = 0;
        # The first byte of a handshake, which no command begins with.
        return wants_tls($it) if $it->{in} =~ /^\x16/;
        say_to($it, '220 mail.stage ESMTP keeps everything, sends nothing') if $it->{waits};
    }
    until ($it->{gone}) {
        if ($it->{in_body}) { take_body($it) or last }
        else {
            last unless $it->{in} =~ s/^([^\n]*)\n//;
            my $line = $1;
            $line =~ s/\r$//;
            length $line > $longest_line ? say_to($it, '500 too long') : obey($it, $line);
        }
    }
    # What never ends its line fills no memory.
    leave($it) if !$it->{gone} && !$it->{in_body} && length $it->{in} > 16 * $longest_line;
}

sub wants_tls {
    my ($it) = @_;
    announce(qq({"peer":"$it->{peer}","tls":true}));
    leave($it);
}

sub obey {
    my ($it, $line) = @_;
    # An answer to AUTH is a name or a password: nobody keeps it.
    if (my $asks = delete $it->{asks}) {
        return say_to($it, '501 cancelled') if $line eq '*';
        return say_to($it, '235 as you say') unless $asks > 1;
        $it->{asks} = $asks - 1;
        return say_to($it, '334 UGFzc3dvcmQ6');
    }
    my ($verb, $rest) = $line =~ /^\s*(\S*)\s*(.*?)\s*$/s;
    $verb = uc $verb;
    if ($verb eq 'EHLO') {
        reset_mail($it);
        say_to($it, '250-mail.stage', '250-PIPELINING', '250-8BITMIME', '250-SMTPUTF8', '250-DSN',
            '250-ENHANCEDSTATUSCODES', '250 AUTH PLAIN LOGIN');
    }
    elsif ($verb eq 'HELO') { reset_mail($it); say_to($it, '250 mail.stage') }
    elsif ($verb eq 'AUTH') { authenticate($it, $rest) }
    elsif ($verb eq 'MAIL') {
        my $path = path($rest, 'FROM');
        return say_to($it, '501 5.5.4 MAIL FROM:<address>') unless defined $path && length $path <= $longest_address;
        reset_mail($it);
        $it->{from} = $path;
        say_to($it, '250 2.1.0 ok');
    }
    elsif ($verb eq 'RCPT') {
        my $path = path($rest, 'TO');
        return say_to($it, '503 5.5.1 MAIL first') unless defined $it->{from};
        return say_to($it, '501 5.5.4 RCPT TO:<address>') unless $path && length $path <= $longest_address;
        return say_to($it, '452 4.5.3 too many recipients') if @{$it->{to}} >= $most_recipients;
        push @{$it->{to}}, $path;
        say_to($it, '250 2.1.5 ok');
    }
    elsif ($verb eq 'DATA') {
        return say_to($it, '503 5.5.1 RCPT first') unless @{$it->{to}};
        say_to($it, '354 end with a dot');
        # So every line of the message begins after a line break, the first one too.
        @$it{qw(in_body in)} = (1, "\r\n$it->{in}");
    }
    elsif ($verb eq 'RSET') { reset_mail($it); say_to($it, '250 2.0.0 ok') }
    elsif ($verb eq 'NOOP') { say_to($it, '250 2.0.0 ok') }
    elsif ($verb eq 'VRFY') { say_to($it, '252 2.1.5 everybody gets mail here') }
    elsif ($verb eq 'QUIT') { say_to($it, '221 2.0.0 bye'); leave($it) unless $it->{gone} }
    elsif ($verb eq 'STARTTLS') {
        announce(qq({"peer":"$it->{peer}","tls":true}));
        say_to($it, '502 5.5.1 no TLS here');
    }
    else { say_to($it, '502 5.5.2 unknown command') }
}

sub authenticate {
    my ($it, $rest) = @_;
    my ($how, $initial) = split ' ', uc $rest, 2;
    $how = '' unless defined $how;
    if ($how eq 'PLAIN') {
        return say_to($it, '235 2.7.0 as you say') if defined $initial;
        $it->{asks} = 1;
        say_to($it, '334 ');
    }
    elsif ($how eq 'LOGIN') {
        $it->{asks} = defined $initial ? 1 : 2;
        say_to($it, defined $initial ? '334 UGFzc3dvcmQ6' : '334 VXNlcm5hbWU6');
    }
    else { say_to($it, '504 5.5.4 PLAIN and LOGIN only') }
}

sub path {
    my ($text, $word) = @_;
    return $1 if $text =~ /^$word:\s*<([^>]*)>/i;
    return $1 if $text =~ /^$word:\s*(\S+)/i;
    return undef;
}

# Moves what belongs to the message; true once it has ended.
sub take_body {
    my ($it) = @_;
    my $end = index $it->{in}, "\r\n.\r\n";
    if ($end < 0) {
        # The last bytes may be the beginning of its end.
        my $sure = length($it->{in}) - 4;
        keep($it, substr $it->{in}, 0, $sure, '') if $sure > 0;
        return 0;
    }
    keep($it, substr $it->{in}, 0, $end + 2, '');
    substr $it->{in}, 0, 3, '';
    $it->{body} =~ s/\r\n\./\r\n/g;
    tell_mail($it, substr $it->{body}, 2);
    reset_mail($it);
    say_to($it, '250 2.0.0 kept');
    return 1;
}

sub keep {
    my ($it, $bytes) = @_;
    $it->{size} += length $bytes;
    my $room = $most_bytes + 2 - length $it->{body};
    $it->{body} .= substr $bytes, 0, $room if $room > 0;
}

sub tell_mail {
    my ($it, $body) = @_;
    my $parts = int((length($body) + $part_bytes - 1) / $part_bytes) || 1;
    my $truncated = $it->{size} > $most_bytes + 2 ? 'true' : 'false';
    my $envelope = sprintf '"peer":"%s","from":%s,"to":[%s],"truncated":%s,"parts":%d',
        $it->{peer}, quote($it->{from}), join(',', map { quote($_) } @{$it->{to}}), $truncated, $parts;
    for my $part (1 .. $parts) {
        my $bytes = substr $body, ($part - 1) * $part_bytes, $part_bytes;
        my $told = $part == 1 ? $envelope : qq("peer":"$it->{peer}","parts":$parts);
        announce(qq({$told,"part":$part,"raw":") . base64($bytes) . '"}');
    }
}

sub announce {
    my ($line) = @_;
    print "$line\n";
}

# Bytes as characters of the same number: JSON is text, and an address may be anything.
sub quote {
    my ($text) = @_;
    $text =~ s/([^ !#-\[\]-~])/sprintf '\\u%04x', ord $1/ge;
    return qq("$text");
}

# The codec of Perl's base installation writes lines of another alphabet.
sub base64 {
    my ($bytes) = @_;
    my $missing = (3 - length($bytes) % 3) % 3;
    my $text = join '', map { substr $_, 1 } split /\n/, pack('u', $bytes);
    $text =~ tr{`!-_}{AB-Za-z0-9+/};
    substr($text, -$missing) = '=' x $missing if $missing;
    return $text;
}
