"""What our Kamailios do with a request: ask for credentials, stay in the route, and send it on to one place."""

REALM = "carrier.example"
PASSWORD = "s3cret"
SCRIPT = """
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
{listen}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
{modules}
modparam("auth", "algorithm", "{algorithm}")
modparam("rr", "append_fromtag", 1)
request_route {{
    if (has_totag()) {{
        if (loose_route()) {{
            t_relay();
        }} else if (is_method("ACK")) {{
            if (t_check_trans()) t_relay();
        }} else {{
            sl_send_reply("404", "Not here");
        }}
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    t_check_trans();
    {challenge}
    record_route();
    $du = "{target}";
    t_relay();
}}
"""
CHALLENGE = """
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            www_challenge("{realm}", "1");
            exit;
        }}
        append_to_reply("Expires: 30\\r\\n");
        sl_send_reply("200", "OK");
        exit;
    }}
    if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
        proxy_challenge("{realm}", "1");
        exit;
    }}
    consume_credentials();
"""


def script(
    *, listen: str, target: str, modules: str = "", algorithm: str = "MD5", password: str | None = PASSWORD
) -> str:
    """The configuration file. Without a password nobody is asked; `listen` and `modules` are lines of its own."""
    challenge = CHALLENGE.format(realm=REALM, password=password) if password is not None else ""
    return SCRIPT.format(listen=listen, target=target, modules=modules, algorithm=algorithm, challenge=challenge)
