//! The credentials that are known: one line each, with the prefix that their service publishes.
//!
//! Keys of a test mode that have a prefix of their own (`sk_test_`, `rzp_test_`) are not here and pass. Left out are JSON web
//! tokens, as local set-ups of many tools are made of them, and nothing in one says whether it is live.

use super::pattern::Alphabet::{self, Base64, Colons, Dashes, Dots, Hex, Letters, Paths, Words};
use super::pattern::Pattern;

/// A credential that begins with something of its own.
const fn token(
    id: &'static str,
    what: &'static str,
    prefixes: &'static [&'static str],
    alphabet: Alphabet,
    length: (usize, usize),
    example: &'static str,
) -> Pattern {
    Pattern { id, what, prefixes, names: &[], alphabet, length, example }
}

/// A credential that is known by its name only, and by the shape of its whole value.
const fn named(
    id: &'static str,
    what: &'static str,
    names: &'static [&'static str],
    alphabet: Alphabet,
    length: (usize, usize),
    example: &'static str,
) -> Pattern {
    Pattern { id, what, prefixes: &[], names, alphabet, length, example }
}

const HEX_32: &str = "9f86d081884c7d659a2feaa0c55ad015";
const HEX_40: &str = "a3bf4f1b2b0b822cd15d6c15b0f00a089f86d081";
const HEX_64: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const MIXED_24: &str = "8Kq2ZrT5wXc7LmB4nVh9JdPs";
const MIXED_36: &str = "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1U";
const MIXED_43: &str = "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiWzCv";
const MIXED_82: &str = "8Kq2ZrT5wXc7LmB4nVh9Jd_Ps6GfYt3RkEa1UoQiWzCv8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQ";

const MIXED_110: &str = "8Kq2ZrT5wXc7LmB4nVh9Jd_Ps6GfYt3RkEa1UoQiWzCv8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQ8Kq2ZrT5wXc7LmB4nVh9JdPs6Gf";

/// How the first line of a private key begins.
#[rustfmt::skip]
const PRIVATE_KEYS: &[&str] = &[
    "-----BEGIN PRIVATE KEY", "-----BEGIN ENCRYPTED PRIVATE KEY", "-----BEGIN RSA PRIVATE KEY",
    "-----BEGIN EC PRIVATE KEY", "-----BEGIN DSA PRIVATE KEY", "-----BEGIN OPENSSH PRIVATE KEY",
    "-----BEGIN PGP PRIVATE KEY BLOCK",
];

/// Every pattern; the first that fits is told.
#[rustfmt::skip]
pub const PATTERNS: &[Pattern] = &[
    // Clouds.
    token("aws-access-key", "an access key of AWS", &["AKIA", "ASIA"], Letters, (16, 16), "Q3EGRZ7N5TJ2WXUV"),
    named("aws-secret-key", "a secret key of AWS", &["aws", "secret"], Base64, (40, 40), "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiW"),
    token("google-api-key", "an API key of Google", &["AIza"], Dashes, (35, 35), "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1"),
    token("google-oauth", "an OAuth secret or token of Google", &["GOCSPX-", "ya29."], Dashes, (20, 2048), MIXED_36),
    token("azure-key", "a key of Azure", &["AccountKey=", "SharedAccessKey="], Base64, (43, 88), MIXED_43),
    token("digitalocean", "a token of DigitalOcean", &["dop_v1_", "doo_v1_", "dor_v1_"], Hex, (64, 64), HEX_64),
    token("heroku", "an API key of Heroku", &["HRKU-"], Dashes, (36, 100), MIXED_36),
    named("heroku-key", "an API key of Heroku", &["heroku", "key"], Dashes, (36, 36), "9f86d081-884c-7d65-9a2f-eaa0c55ad015"),
    token("fly", "a token of Fly.io", &["fm2_", "fo1_"], Base64, (40, 4096), MIXED_43),
    token("scaleway", "an access key of Scaleway", &["SCW"], Letters, (17, 17), "Q3EGRZ7N5TJ2WXUV8"),
    token("alibaba", "an access key of Alibaba Cloud", &["LTAI"], Letters, (12, 20), "8Kq2ZrT5wXc7LmB4nVh9"),
    token("planetscale", "a credential of PlanetScale", &["pscale_pw_", "pscale_tkn_", "pscale_oauth_"], Dots, (32, 64), MIXED_43),
    token("supabase", "a token of Supabase", &["sbp_"], Hex, (40, 40), HEX_40),
    token("databricks", "a token of Databricks", &["dapi"], Hex, (32, 34), HEX_32),
    token("vault", "a token of Vault", &["hvs.", "hvb."], Dashes, (24, 300), MIXED_36),
    token("doppler", "a token of Doppler", &["dp.pt.", "dp.st.", "dp.sa.", "dp.ct."], Dots, (40, 64), MIXED_43),
    token("tailscale", "a key of Tailscale", &["tskey-"], Dashes, (20, 100), MIXED_24),
    token("pulumi", "a token of Pulumi", &["pul-"], Hex, (40, 40), HEX_40),
    // Payment.
    token("stripe-live", "a live key of Stripe", &["sk_live_", "rk_live_"], Letters, (10, 247), MIXED_24),
    token("square", "a credential of Square", &["sq0atp-", "sq0csp-"], Dashes, (22, 43), MIXED_43),
    token("square-token", "an access token of Square", &["EAAA"], Dashes, (60, 60), "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiWzCv8Kq2ZrT5wXc7LmB4n"),
    token("braintree", "a production token of Braintree", &["access_token$production$"], Paths, (49, 49), "8kq2zrt5wxc7lmb4$9f86d081884c7d659a2feaa0c55ad015"),
    token("razorpay-live", "a live key of Razorpay", &["rzp_live_"], Letters, (14, 14), "8Kq2ZrT5wXc7Lm"),
    token("mollie-live", "a live key of Mollie or GoCardless", &["live_"], Dashes, (30, 60), MIXED_36),
    token("flutterwave-live", "a live key of Flutterwave", &["FLWSECK-"], Dashes, (32, 64), MIXED_36),
    // Mail, messages, shops.
    token("sendgrid", "an API key of SendGrid", &["SG."], Dots, (66, 66), "8Kq2ZrT5wXc7LmB4nVh9Jd.8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiWzCv"),
    token("mailgun", "an API key of Mailgun", &["key-"], Hex, (32, 32), HEX_32),
    named("mailchimp", "an API key of Mailchimp", &["mailchimp"], Dashes, (36, 37), "9f86d081884c7d659a2feaa0c55ad015-us12"),
    named("mandrill", "an API key of Mandrill", &["mandrill", "key"], Dashes, (22, 22), "8Kq2ZrT5wXc7LmB4nVh9Jd"),
    named("postmark", "a token of Postmark", &["postmark", "token"], Dashes, (36, 36), "9f86d081-884c-7d65-9a2f-eaa0c55ad015"),
    token("brevo", "a key of Brevo", &["xkeysib-", "xsmtpsib-"], Dashes, (64, 100), HEX_64),
    token("resend", "an API key of Resend", &["re_"], Words, (32, 36), MIXED_36),
    token("twilio-key", "an API key of Twilio", &["SK"], Hex, (32, 32), HEX_32),
    named("twilio-token", "the auth token of Twilio", &["twilio", "token"], Hex, (32, 32), HEX_32),
    token("slack-token", "a token of Slack", &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxp-", "xapp-"], Dashes, (10, 300), MIXED_36),
    token("slack-webhook", "a webhook of Slack", &["hooks.slack.com/services/", "hooks.slack.com/workflows/"], Paths, (20, 120), "T8Kq2ZrT5/B8Kq2ZrT5wX/8Kq2ZrT5wXc7LmB4nVh9JdPs"),
    token("discord-webhook", "a webhook of Discord", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], Paths, (40, 120), "918273645091827364/8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1U"),
    named("telegram", "a token of a Telegram bot", &["telegram", "token"], Colons, (44, 46), "918273645:8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1"),
    token("shopify", "a token of Shopify", &["shpat_", "shpca_", "shppa_", "shpss_"], Hex, (32, 32), HEX_32),
    token("hubspot", "a token of HubSpot", &["pat-na1-", "pat-eu1-"], Dashes, (36, 36), "9f86d081-884c-7d65-9a2f-eaa0c55ad015"),
    token("notion", "a token of Notion", &["ntn_"], Letters, (40, 60), MIXED_43),
    token("airtable", "a token of Airtable", &["pat"], Dots, (79, 79), "8Kq2ZrT5wXc7Lm.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    // Code and packages.
    token("github-token", "a token of GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], Letters, (36, 255), MIXED_36),
    token("github-pat", "a token of GitHub", &["github_pat_"], Words, (82, 82), MIXED_82),
    token("gitlab", "a token of GitLab", &["glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-"], Dots, (20, 300), MIXED_24),
    token("npm", "a token of npm", &["npm_"], Letters, (36, 36), MIXED_36),
    token("pypi", "a token of PyPI", &["pypi-AgEIcHlwaS5vcmc"], Dashes, (50, 1000), MIXED_82),
    token("rubygems", "a key of RubyGems", &["rubygems_"], Hex, (48, 48), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"),
    token("docker-hub", "a token of Docker Hub", &["dckr_pat_", "dckr_oat_"], Dashes, (27, 40), "8Kq2ZrT5wXc7LmB4nVh9JdPs6Gf"),
    token("atlassian", "a token of Atlassian", &["ATATT3", "ATCTT3"], Base64, (100, 300), MIXED_110),
    // Services of programs.
    token("openai", "an API key of OpenAI", &["sk-proj-", "sk-svcacct-", "sk-admin-"], Dashes, (40, 250), MIXED_43),
    token("anthropic", "an API key of Anthropic", &["sk-ant-"], Dashes, (60, 150), MIXED_82),
    token("hugging-face", "a token of Hugging Face", &["hf_"], Letters, (34, 40), MIXED_36),
    token("new-relic", "a key of New Relic", &["NRAK-"], Letters, (27, 27), "8Kq2ZrT5wXc7LmB4nVh9JdPs6Gf"),
    named("datadog", "a key of Datadog", &["datadog", "key"], Hex, (32, 40), HEX_32),
    named("datadog-dd", "a key of Datadog", &["dd_a", "_key"], Hex, (32, 40), HEX_32),
    token("sentry", "a token of Sentry", &["sntrys_", "sntryu_"], Base64, (60, 400), MIXED_82),
    token("grafana", "a token of Grafana", &["glsa_", "glc_"], Base64, (32, 400), MIXED_43),
    token("mapbox", "a secret token of Mapbox", &["sk.ey"], Dots, (60, 300), MIXED_82),
    token("linear", "a key of Linear", &["lin_api_"], Letters, (40, 40), "8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiW"),
    // Keys as such.
    token("private-key", "a private key", PRIVATE_KEYS, Letters, (0, 0), ""),
    token("age-key", "a private key of age", &["AGE-SECRET-KEY-1"], Letters, (58, 58), "8KQ2ZRT5WXC7LMV4NVH9JDPS6GFYT3RKEA2U8KQ2ZRT5WXC7LMV4NVH9JD"),
];
