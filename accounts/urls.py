from django.urls import path

from accounts import (
    invitation_views,
    keeping,
    member_views,
    passkey_views,
    second_factor_views,
    security_views,
    staff_views,
    views,
)

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-in/typed/", keeping.keep_typed, name="typed_keep"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("account/", views.account, name="account"),
    path("sign-in/prove/", security_views.prove, name="prove"),
    path("account/security/", security_views.security, name="security"),
    path("sign-in/invitation/", invitation_views.invitation, name="invitation"),
    path("organisations/", member_views.organisations, name="organisations"),
    path("organisations/<int:pk>/", member_views.organisation, name="organisation"),
    path("organisations/<int:pk>/members/<int:member_pk>/", member_views.member, name="member"),
    path("people/", staff_views.people, name="people"),
    path("people/<int:pk>/", staff_views.person, name="person"),
    path("sign-in/passkey/options/", passkey_views.sign_in_options, name="passkey_options"),
    path("sign-in/passkey/", passkey_views.sign_in, name="passkey_sign_in"),
    path("account/passkeys/options/", passkey_views.new_options, name="passkey_new_options"),
    path("account/passkeys/", passkey_views.new, name="passkey_new"),
    path("account/passkeys/<int:pk>/remove/", passkey_views.remove, name="passkey_remove"),
    path("sign-in/code/", second_factor_views.sign_in_code, name="sign_in_code"),
    path("account/second-step/", second_factor_views.second_step, name="second_factor"),
    path("account/sessions/end/", security_views.end_others, name="sessions_end"),
    path("account/sessions/<int:pk>/end/", security_views.end_one, name="session_end"),
    path("account/language/", views.language, name="language"),
    path("account/tokens/<int:pk>/revoke/", views.revoke, name="token_revoke"),
]
