from django.urls import path

from accounts import keeping, security_views, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-in/typed/", keeping.keep_typed, name="typed_keep"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("account/", views.account, name="account"),
    path("sign-in/prove/", security_views.prove, name="prove"),
    path("account/security/", security_views.security, name="security"),
    path("account/sessions/end/", security_views.end_others, name="sessions_end"),
    path("account/sessions/<int:pk>/end/", security_views.end_one, name="session_end"),
    path("account/language/", views.language, name="language"),
    path("account/tokens/<int:pk>/revoke/", views.revoke, name="token_revoke"),
]
