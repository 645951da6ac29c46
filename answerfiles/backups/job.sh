
# Sends one backup to pxeserve. It runs in a control domain, or on a machine that has xe and reaches the pool. It needs python, curl or wget
# that speak TLS 1.2. What it writes is for root alone, and removed again.
#   0: it was sent   1: xe made none   2: a thing that it needs is not there   3: pxeserve did not take it

unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
PATH=$PATH:/opt/xensource/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077

# The certificate is compared with the one that is known before a byte is said; the token stands in no list of processes.
send='
import hashlib, socket, ssl, sys
try:
    from http.client import HTTPResponse
except ImportError:
    from httplib import HTTPResponse
name, port, path, pin, token, source, answer = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
link = context.wrap_socket(socket.create_connection((name, int(port)), 60))
link.settimeout(600)
if hashlib.sha256(link.getpeercert(True)).hexdigest() != pin:
    open(answer, "w").write("another certificate than the one that is known: if it was renewed, ask pxeserve for the job again")
    sys.exit(3)
lines = ["PUT " + path + " HTTP/1.1", "Host: " + name + ":" + port, "Authorization: Bearer " + open(token).read().strip(),
         "Content-Type: application/octet-stream", "Transfer-Encoding: chunked", "Connection: close", "", ""]
try:
    link.sendall("\r\n".join(lines).encode("ascii"))
    stream = open(source, "rb")
    while True:
        piece = stream.read(65536)
        link.sendall(("%x\r\n" % len(piece)).encode("ascii") + piece + b"\r\n")
        if not piece:
            break
except (OSError, IOError):
    pass
reply = HTTPResponse(link)
reply.begin()
open(answer, "wb").write(reply.read(65536))
sys.exit(reply.status != 201 and 3 or 0)
'

# end CODE SENTENCE: the one line that is said.
end() {
    echo "pxeserve: $kind backup of $pool: $2" | tr -d '\r'
    exit "$1"
}

# sent FILE: the bytes of FILE go to pxeserve; its answer is in $folder/answer.
sent() {
    for one in python3 python python2 /usr/libexec/platform-python; do
        "$one" -c 'import ssl; ssl.SSLContext' 2>/dev/null || continue
        "$one" -c "$send" "$name" "$port" "$path" "$fingerprint" "$token" "$1" "$folder/answer" 2>"$folder/said"
        return
    done
    said="Authorization: Bearer $(cat "$token")"
    if curl --version >/dev/null 2>&1; then
        printf 'header = "%s"\n' "$said" >"$folder/curl"
        # its key is what is compared; who signed it is not asked
        code=$(curl --config "$folder/curl" --silent --show-error --insecure --pinnedpubkey "sha256//$key" --connect-timeout 60 \
            --upload-file "$1" --header 'Content-Type: application/octet-stream' --header 'Expect:' --output "$folder/answer" \
            --write-out '%{http_code}' "https://$name:$port$path" 2>"$folder/said") && [ "$code" = 201 ]
        return
    fi
    wget --version >/dev/null 2>&1 || end 2 'neither python, curl nor wget is here that could send it'
    [ -f "$1" ] || end 2 'wget cannot send what has no end yet: install curl or python'
    printf 'header = %s\n' "$said" >"$folder/wget"
    printf '%s' "$certificate" >"$folder/certificate"
    WGETRC=$folder/wget wget --quiet --tries=1 --timeout=600 --ca-certificate="$folder/certificate" --post-file="$1" \
        --header='Content-Type: application/octet-stream' --output-document="$folder/answer" "https://$name:$port$path" 2>"$folder/said"
}

# xe_ WORD...: xe of this control domain, or of the pool that is elsewhere; its complaint is in $folder/xe.
xe_() {
    if [ -n "$master" ]; then set -- -s "$master" -pwf "$password" "$@"; fi
    xe "$@" 2>"$folder/xe" </dev/null
}

# last FILE: its last line that says something.
last() { grep . "$1" 2>/dev/null | tail -n 1 | cut -c 1-400; }

[ -r "$token" ] || end 2 "$token is not there: write the text of a token of the scope backup:write into it, for root alone"
[ -z "$master" ] || [ -r "$password" ] || end 2 "$password is not there: the pool's user on its first line, the password on its second"
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/pxeserve-backup.XXXXXX") || end 2 'no private folder can be made'
child=''
trap 'rm -rf "$folder"; [ -z "$child" ] || kill "$child" 2>/dev/null' EXIT
trap 'exit 2' HUP INT TERM

if [ "$kind" = database ]; then
    xe_ pool-dump-database file-name="$folder/dump" >/dev/null || end 1 "xe made none: $(last "$folder/xe")"
    [ -s "$folder/dump" ] || end 1 'xe made none, and said nothing'
    chmod 600 "$folder/dump"
    sent "$folder/dump"
    status=$?
else
    if [ -n "$master" ]; then
        uuid=$(xe_ host-list name-label="$host" params=uuid --minimal) || end 1 "xe knows no host $host: $(last "$folder/xe")"
    else
        uuid=$(sed -n "s/^INSTALLATION_UUID='\{0,1\}\([0-9a-fA-F-]*\)'\{0,1\}\$/\1/p" "${INVENTORY:-/etc/xensource-inventory}")
    fi
    [ -n "$uuid" ] || end 1 "there is no host $host here"
    mkfifo "$folder/pipe" || end 2 'no pipe can be made'
    # an empty file name: xe writes the archive to where it says things
    (
        xe_ host-backup host="$uuid" file-name= >"$folder/pipe"
        echo $? >"$folder/made"
    ) &
    child=$!
    sent "$folder/pipe"
    status=$?
    # xe ends with whom it writes to; where nobody has read, the pipe is opened once more so that it does
    : <>"$folder/pipe"
    [ "$status" -eq 0 ] || kill "$child" 2>/dev/null
    wait
    child=''
    [ "$status" -ne 0 ] || [ "$(cat "$folder/made" 2>/dev/null)" = 0 ] || end 1 "xe did not end well: $(last "$folder/xe"); what came is no whole backup"
fi
[ "$status" -eq 0 ] || end 3 "not taken: $(sed -n 's/.*"detail": *"\([^"]*\)".*/\1/p' "$folder/answer" 2>/dev/null | grep . || last "$folder/answer" | grep . || last "$folder/said")"
end 0 "sent, $(sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p' "$folder/answer" | head -n 1)"
