//! Change and suite to Verdict; pure.
