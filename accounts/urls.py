from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("account/", views.account, name="account"),
    path("account/language/", views.language, name="language"),
    path("account/tokens/<int:pk>/revoke/", views.revoke, name="token_revoke"),
]
