class Mark < ActiveRecord::Migration[6.1]
  def up
    execute "UPDATE people SET born = NULL WHERE id <= 7"
  end
end
